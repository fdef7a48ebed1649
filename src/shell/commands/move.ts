// move: renames, or moves into a folder. A file that is in the way is replaced, as by `mv`. Where nothing can be renamed
// to, into a shared folder or out of it, it copies and deletes.

import { FileError, isFileError } from '../../model/error.ts';
import { isWithin } from '../../model/path.ts';
import { type Command, defineCommand } from '../command.ts';
import { eachIntoTarget } from '../into-target.ts';
import { moveAcross } from '../move-across.ts';
import { EXIT } from '../report.ts';

export const move: Command = defineCommand({
  name: 'move',
  aliases: ['mv', 'rename', 'ren'],
  summary: 'rename, or move into a folder',
  details: 'A file of the new name is replaced. Into a shared folder, or out of it, all is copied and then deleted.',
  operands: 'SOURCE... TARGET',
  count: [2, Number.POSITIVE_INFINITY],
  options: {},
  run: async (call) => {
    let inner: number = EXIT.ok;
    const status = await eachIntoTarget(call, async (from, to) => {
      if (from !== to && isWithin(to, from)) {
        throw new FileError('invalid-argument', { path: from, detail: 'a folder can not be moved into itself' });
      }
      try {
        await call.context.files.rename(from, to, { replace: true });
      } catch (error) {
        if (!isFileError(error, 'cross-device')) throw error;
        const failed = await moveAcross(call, from, to);
        if (failed !== EXIT.ok) inner = failed;
      }
    });
    return status === EXIT.ok ? inner : status;
  },
});
