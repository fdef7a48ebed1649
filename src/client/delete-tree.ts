// Removes a remote folder with all that is in it. Links are removed, never followed.
//
// Before anything is deleted, the server is asked to remove the folder as it is: one that does not let it go at all,
// because a shared folder stands there or there is no right to, says so now, and not when it has been emptied.

import type { Entry } from '../model/entry.ts';
import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, type VirtualPath } from '../model/path.ts';
import { concurrently } from './concurrently.ts';
import { readEntries } from './read-entries.ts';
import { isEntryName } from './remote-directory.ts';
import { checkSignal } from './transfer.ts';

const DELETIONS_AT_ONCE = 16;

/** What is said of a folder that would not go empty either. For all else, which servers word differently, it is full. */
const STAYS: ReadonlySet<FileErrorCode> = new Set(['permission-denied', 'read-only', 'busy']);

/** Resolves to how many files and folders are gone. @throws FileError `cancelled`: the rest is still there. */
export async function deleteTree(files: Files, folder: VirtualPath, signal?: AbortSignal): Promise<number> {
  checkSignal(signal, folder);
  try {
    await files.removeDirectory(folder);
    return 1;
  } catch (error) {
    if (!isFileError(error) || STAYS.has(error.code)) throw error;
    return deleteFull(files, folder, signal);
  }
}

async function deleteFull(files: Files, folder: VirtualPath, signal: AbortSignal | undefined): Promise<number> {
  checkSignal(signal, folder);
  const entries = await readEntries(files, folder);
  for (const { name } of entries) if (!isEntryName(name)) throw new FileError('invalid-path', { path: name });
  const isFolder = ({ attributes }: Entry): boolean => attributes.kind === 'directory';
  const others = entries.filter((entry) => !isFolder(entry));
  await concurrently(others, DELETIONS_AT_ONCE, async ({ name }) => {
    checkSignal(signal, folder);
    await files.remove(joinPath(folder, name));
  });
  let deleted = others.length + 1;
  for (const { name } of entries.filter(isFolder)) deleted += await deleteFull(files, joinPath(folder, name), signal);
  checkSignal(signal, folder);
  await files.removeDirectory(folder);
  return deleted;
}
