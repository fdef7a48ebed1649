// Reading folders for commands: in order, in batches, closed whatever happens.

import type { Entry } from '../model/entry.ts';
import type { Files } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';

const BATCH = 512;
/** A folder with more entries is sorted in parts of this size: the memory for one listing stays bounded. */
const SORTED_TOGETHER = 50_000;

/**
 * The entries of a folder, in the order of `compare` (by name unless told). It is closed before they are handed out, unless it
 * has very many: whoever goes down from there would hold a folder open on each level.
 */
export async function* readFolder(
  files: Files,
  path: VirtualPath,
  signal: AbortSignal,
  compare: (one: Entry, other: Entry) => number = byName,
): AsyncGenerator<Entry> {
  const folder = await files.list(path);
  try {
    for (;;) {
      const entries: Entry[] = [];
      let batch = await folder.read(BATCH);
      while (batch.length > 0) {
        signal.throwIfAborted();
        entries.push(...batch);
        if (entries.length >= SORTED_TOGETHER) break;
        batch = await folder.read(BATCH);
      }
      if (batch.length === 0) await folder.close();
      yield* entries.sort(compare);
      if (batch.length === 0) return;
    }
  } finally {
    await folder.close();
  }
}

export function byName(one: Entry, other: Entry): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
