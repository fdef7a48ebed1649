// Removes a remote folder with all that is in it. Links are removed, never followed.

import type { Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, type VirtualPath } from '../model/path.ts';
import { concurrently } from './concurrently.ts';
import { readEntries } from './read-entries.ts';
import { isEntryName } from './remote-directory.ts';

const DELETIONS_AT_ONCE = 16;

/** Resolves to how many files and folders are gone. */
export async function deleteTree(files: Files, folder: VirtualPath): Promise<number> {
  const entries = await readEntries(files, folder);
  for (const { name } of entries) if (!isEntryName(name)) throw new FileError('invalid-path', { path: name });
  const isFolder = ({ attributes }: Entry): boolean => attributes.kind === 'directory';
  const others = entries.filter((entry) => !isFolder(entry));
  await concurrently(others, DELETIONS_AT_ONCE, ({ name }) => files.remove(joinPath(folder, name)));
  let deleted = others.length + 1;
  for (const { name } of entries.filter(isFolder)) deleted += await deleteTree(files, joinPath(folder, name));
  await files.removeDirectory(folder);
  return deleted;
}
