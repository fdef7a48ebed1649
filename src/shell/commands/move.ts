// move: renames, or moves into a folder. A file that is in the way is replaced, as by `mv`. Where nothing can be renamed
// to, into a shared folder or out of it, it copies and deletes.

import { FileError, isFileError } from '../../model/error.ts';
import { isWithin } from '../../model/path.ts';
import { keptText, moveAcross } from '../../moving/move-across.ts';
import type { Mover } from '../../moving/mover.ts';
import { type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { eachIntoTarget } from '../into-target.ts';
import { attempt, type OperandCall } from '../operands.ts';
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
        const moved = await moveAcross(moverOf(call), from, to);
        if (moved === 'kept') await call.io.error(`${call.name}: ${keptText(from, to)}`);
        if (moved !== 'moved') inner = EXIT.failed;
      }
    });
    return status === EXIT.ok ? inner : status;
  },
});

function moverOf(call: OperandCall): Mover {
  const { files } = call.context;
  const { signal } = call.io;
  return {
    files,
    replace: true,
    entriesOf: (folder) => readFolder(files, folder, signal),
    mayGoOn: () => signal.throwIfAborted(),
    attempt: async (path, work) => {
      let isDone = false;
      const status = await attempt(call, path, async () => {
        isDone = await work();
      });
      return isDone && status === EXIT.ok;
    },
  };
}
