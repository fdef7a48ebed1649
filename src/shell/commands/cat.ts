// cat: whole files, one after another.

import { type Command, defineCommand } from '../command.ts';
import { eachOperand } from '../operands.ts';
import { showContent } from './preview.ts';

export const cat: Command = defineCommand({
  name: 'cat',
  aliases: ['type'],
  summary: 'show whole files',
  details: 'On a terminal control characters are escaped, and binary content is shown as a hex dump.',
  operands: 'FILE...',
  count: [1, Number.POSITIVE_INFINITY],
  options: {},
  run: (call) =>
    eachOperand(call, call.operands, async (path) => {
      const file = await call.context.files.open(path, { read: true });
      try {
        await showContent(call, file, Number.POSITIVE_INFINITY);
      } finally {
        await file.close();
      }
    }),
});
