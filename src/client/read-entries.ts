// Reads a whole folder into memory.

import type { Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';

const ENTRIES_AT_ONCE = 1000;
/** A server may send entries for ever. Larger folders are read bit by bit, by `files.list`. */
const MAX_ENTRIES = 1_000_000;

/** All entries of a folder, in the order of the server. @throws FileError `too-large` beyond a million of them. */
export async function readEntries(files: Files, path: VirtualPath): Promise<Entry[]> {
  const directory = await files.list(path);
  try {
    const all: Entry[] = [];
    for (;;) {
      const entries = await directory.read(ENTRIES_AT_ONCE);
      if (entries.length === 0) return all;
      for (const entry of entries) all.push(entry);
      if (all.length > MAX_ENTRIES)
        throw new FileError('too-large', { path, detail: 'the folder has too many entries' });
    }
  } finally {
    await directory.close();
  }
}
