// `move` of the interactive client: renames, and over the border of a shared folder copies and deletes, on the server.

import { readEntries } from '../../client/read-entries.ts';
import { isEntryName } from '../../client/remote-directory.ts';
import { cancellable, checkSignal } from '../../client/transfer.ts';
import { FileError, isFileError } from '../../model/error.ts';
import { joinPath, nameOf, parsePath, type VirtualPath } from '../../model/path.ts';
import { keptText, moveAcross } from '../../moving/move-across.ts';
import type { Mover } from '../../moving/mover.ts';
import { EXIT } from '../exit-code.ts';
import { exitCodeOf } from '../failure.ts';
import type { InteractiveCommand, Invocation } from './command.ts';
import { onePath } from './one-path.ts';

export const MOVE_COMMAND: InteractiveCommand = {
  name: 'move',
  aliases: ['mv', 'rename'],
  usage: 'FROM TO',
  describe: 'rename a remote file or folder, or move it',
  options: [],
  least: 2,
  most: 2,
  completes: () => 'remote',
  async run(invocation) {
    const { context, words } = invocation;
    const { client } = context;
    const from = await onePath(context, words[0]);
    const target = parsePath(words[1]?.text ?? '', context.remoteFolder);
    const there = await client.stat(target).catch(() => undefined);
    const to = there?.kind === 'directory' ? joinPath(target, nameOf(from)) : target;
    try {
      await client.move(from, to);
      return EXIT.ok;
    } catch (error) {
      if (!isFileError(error, 'cross-device')) throw error;
      return moveByCopying(invocation, from, to);
    }
  },
};

async function moveByCopying({ context, signal }: Invocation, from: VirtualPath, to: VirtualPath): Promise<number> {
  const report = context.makeReport();
  const { files } = context.client;
  const mover: Mover = {
    // What is copied on the server can't be called back; that is for nobody to wait for who has pressed ^C.
    files: { ...files, copy: (...words) => cancellable(files.copy(...words), signal, words[0]) },
    replace: false,
    async *entriesOf(folder) {
      for (const entry of await readEntries(files, folder)) {
        if (!isEntryName(entry.name)) throw new FileError('invalid-path', { path: entry.name });
        yield entry;
      }
    },
    mayGoOn: (path) => checkSignal(signal, path),
    async attempt(path, work) {
      try {
        return await work();
      } catch (error) {
        if (exitCodeOf(error) !== EXIT.failed) throw error;
        report.failed(path, error);
        return false;
      }
    },
  };
  const moved = await moveAcross(mover, from, to);
  if (moved === 'kept') report.failed(from, new Error(keptText(from, to)));
  return moved === 'moved' ? EXIT.ok : EXIT.failed;
}
