// Makes a folder and those above it, by the calls of whoever may touch the disk. Node's `recursive` goes round for ever where
// a folder that is there says ENOENT to whoever wants to make another one in it, as /proc does.

import { dirname } from 'node:path';

/** What is used of node:fs/promises. */
interface FolderCalls {
  mkdir(path: string, options: { mode: number }): Promise<unknown>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
}

/** @throws what `mkdir` says of the first folder that is not there and can't be made */
export async function makeFolders(calls: FolderCalls, path: string, mode = 0o777): Promise<void> {
  const above = dirname(path);
  if (above !== path && (await lookAt(calls, above)) === undefined) await makeFolders(calls, above, mode);
  try {
    await calls.mkdir(path, { mode });
  } catch (error) {
    if ((await lookAt(calls, path))?.isDirectory() !== true) throw error;
  }
}

/** Undefined: it is not there, as far as can be seen. */
async function lookAt(calls: FolderCalls, path: string): Promise<{ isDirectory(): boolean } | undefined> {
  try {
    return await calls.stat(path);
  } catch {
    return undefined;
  }
}
