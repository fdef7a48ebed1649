// Removes a remote folder with all that is in it. Links are removed, never followed.

import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, type VirtualPath } from '../model/path.ts';
import { concurrently } from './concurrently.ts';
import { isEntryName } from './remote-directory.ts';

const DELETIONS_AT_ONCE = 16;
const ENTRIES_AT_ONCE = 1000;

/** Resolves to how many files and folders are gone. */
export async function deleteTree(files: Files, folder: VirtualPath): Promise<number> {
  let deleted = 0;
  const folders: VirtualPath[] = [];
  await concurrently(entriesOf(files, folder, folders), DELETIONS_AT_ONCE, async (path) => {
    await files.remove(path);
    deleted += 1;
  });
  for (const inner of folders) deleted += await deleteTree(files, inner);
  await files.removeDirectory(folder);
  return deleted + 1;
}

/** What is in a folder, but for the folders in it: those are added to `folders`. */
async function* entriesOf(
  files: Files,
  folder: VirtualPath,
  folders: VirtualPath[],
): AsyncGenerator<VirtualPath, void> {
  const found: VirtualPath[] = [];
  const directory = await files.list(folder);
  try {
    for (;;) {
      const entries = await directory.read(ENTRIES_AT_ONCE);
      if (entries.length === 0) break;
      for (const { name, attributes } of entries) {
        if (!isEntryName(name)) throw new FileError('invalid-path', { path: name });
        (attributes.kind === 'directory' ? folders : found).push(joinPath(folder, name));
      }
    }
  } finally {
    await directory.close();
  }
  yield* found;
}
