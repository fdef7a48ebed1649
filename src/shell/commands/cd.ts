// cd: another current folder.

import { FileError } from '../../model/error.ts';
import { ROOT } from '../../model/path.ts';
import { type Command, defineCommand } from '../command.ts';
import { eachOperand, pathOf } from '../operands.ts';

export const cd: Command = defineCommand({
  name: 'cd',
  summary: 'go to a folder, without one to the home; "cd -" goes back',
  operands: '[FOLDER]',
  count: [0, 1],
  completes: 'directories',
  options: {},
  run: async (call) => {
    const { session, context } = call;
    const [operand = '/'] = call.operands;
    return eachOperand(call, [operand], async () => {
      const path = operand === '-' ? session.previousDirectory : pathOf(call, operand);
      const { kind } = path === ROOT ? { kind: 'directory' } : await context.files.stat(path);
      if (kind !== 'directory') throw new FileError('not-a-directory', { path });
      session.previousDirectory = session.directory;
      session.directory = path;
      if (operand === '-') await call.io.line(call.io.shown(path));
    });
  },
});
