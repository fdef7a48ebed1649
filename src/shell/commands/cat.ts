// cat: whole files, one after another. Also "type", which is this to Windows and something else to a POSIX shell.

import { isFileError } from '../../model/error.ts';
import type { VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand, isNamed } from '../command.ts';
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
    eachOperand(call, call.operands, async (path, operand) => {
      if (call.name === 'type' && (await isCommandAlone(call, path, operand))) {
        return call.io.line(`${operand} is a command of sshome`);
      }
      const file = await call.context.files.open(path, { read: true });
      try {
        await showContent(call, file, Number.POSITIVE_INFINITY);
      } finally {
        await file.close();
      }
    }),
});

/** POSIX: `type md5sum` asks whether there is such a command. A file of that name is shown all the same. */
async function isCommandAlone({ commands, context }: Call, path: VirtualPath, operand: string): Promise<boolean> {
  if (!commands.some((command) => isNamed(command, operand))) return false;
  try {
    await context.files.stat(path);
    return false;
  } catch (error) {
    if (isFileError(error, 'not-found')) return true;
    throw error;
  }
}
