// move: renames, or moves into a folder. A file that is in the way is replaced, as by `mv`.

import { FileError } from '../../model/error.ts';
import { isWithin } from '../../model/path.ts';
import { type Command, defineCommand } from '../command.ts';
import { eachIntoTarget } from '../into-target.ts';

export const move: Command = defineCommand({
  name: 'move',
  aliases: ['mv', 'rename', 'ren'],
  summary: 'rename, or move into a folder',
  details: 'A file of the new name is replaced.',
  operands: 'SOURCE... TARGET',
  count: [2, Number.POSITIVE_INFINITY],
  options: {},
  run: (call) =>
    eachIntoTarget(call, async (from, to) => {
      if (from !== to && isWithin(to, from)) {
        throw new FileError('invalid-argument', { path: from, detail: 'a folder can not be moved into itself' });
      }
      await call.context.files.rename(from, to, { replace: true });
    }),
});
