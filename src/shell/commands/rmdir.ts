// rmdir: empty folders.

import { FileError } from '../../model/error.ts';
import { isWithin } from '../../model/path.ts';
import { type Command, defineCommand } from '../command.ts';
import { eachOperand } from '../operands.ts';

export const rmdir: Command = defineCommand({
  name: 'rmdir',
  aliases: ['rd'],
  summary: 'remove empty folders',
  operands: 'FOLDER...',
  count: [1, Number.POSITIVE_INFINITY],
  completes: 'directories',
  options: {},
  run: (call) =>
    eachOperand(call, call.operands, async (path) => {
      if (isWithin(call.session.directory, path) && call.session.mode === 'shell') {
        throw new FileError('busy', { path, detail: 'you are in it; leave it with cd first' });
      }
      await call.context.files.removeDirectory(path);
    }),
});
