// Reads a whole folder into memory.

import type { Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { MAX_NAME_BYTES, type VirtualPath } from '../model/path.ts';
import { closingAfter } from './closing-after.ts';

const ENTRIES_AT_ONCE = 1000;
/** A server may send entries for ever. Larger folders are read bit by bit, by `files.list`. */
const MAX_ENTRIES = 1_000_000;
/** As much as the longest names of so many come to, for a name of a server may be as long as a packet. */
const MAX_NAMES_LENGTH = MAX_ENTRIES * MAX_NAME_BYTES;

/** All entries of a folder, in the order of the server. @throws FileError `too-large` beyond a million of them. */
export async function readEntries(files: Files, path: VirtualPath): Promise<Entry[]> {
  const directory = await files.list(path);
  return closingAfter(directory, async () => {
    const all: Entry[] = [];
    let namesLength = 0;
    for (;;) {
      const entries = await directory.read(ENTRIES_AT_ONCE);
      if (entries.length === 0) return all;
      for (const entry of entries) {
        all.push(entry);
        namesLength += entry.name.length;
      }
      if (all.length > MAX_ENTRIES || namesLength > MAX_NAMES_LENGTH)
        throw new FileError('too-large', { path, detail: 'the folder has too many entries' });
    }
  });
}
