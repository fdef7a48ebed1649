// What was opened in a mount: nothing of it may be had of one that was taken away while it was being opened.

import { FileError } from '../model/error.ts';
import type { Directory, OpenFile } from '../model/files.ts';
import type { Mount } from './mount-points.ts';

/** The file, unless it is of a mount that is gone. Those that were open before are closed by whoever took the mount away. */
export async function fileOf(mount: Mount | undefined, file: OpenFile): Promise<OpenFile> {
  if (mount?.isGone !== true) return file;
  await file.close({ abandon: true });
  throw new FileError('not-found', { path: file.path });
}

/** The folder; one of a mount tells nothing more when that is gone. */
export function directoryOf(mount: Mount | undefined, directory: Directory): Directory {
  if (mount === undefined) return directory;
  const { path } = directory;
  const unlessGone = <T>(ask: () => Promise<T>): Promise<T> =>
    mount.isGone ? Promise.reject(new FileError('not-found', { path })) : ask();
  return {
    path,
    read: (limit) => unlessGone(() => directory.read(limit)),
    stat: () => unlessGone(() => directory.stat()),
    close: () => directory.close(),
  };
}
