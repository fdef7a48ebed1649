// Counts what is in a tree, folder by folder: the sizes of regular files, and one for everything that has a name. A file
// with several names counts once: those that were met are remembered until all their names were.

import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { decodeBytes } from '../model/bytes.ts';
import type { Usage } from '../model/usage.ts';
import { eachFolder, type Tour } from './each-folder.ts';
import type { Inode } from './ledger.ts';
import { entryOf, type Place } from './place.ts';
import { SLOW_CALLS } from './system-calls.ts';

/** How many entries are asked for their attributes at once. */
const AT_ONCE = 8;

export interface Counting extends Omit<Tour, 'visit'> {
  /** What an open file counts as; undefined: by its size. */
  readonly countOf: (inode: Inode) => Usage | undefined;
}

/** Counts all but the folder at the top. @throws the error of a system call, when something can't be looked at */
export async function countTree({ countOf, ...tour }: Counting): Promise<Usage> {
  let bytes = 0;
  let files = 0;
  /** Names still to be met, of files with several. */
  const namesLeft = new Map<Inode, number>();

  function count(stats: Stats): void {
    const inode = `${stats.dev}:${stats.ino}`;
    if (stats.nlink > 1) {
      const left = namesLeft.get(inode);
      if (left === 1) namesLeft.delete(inode);
      else namesLeft.set(inode, (left ?? stats.nlink) - 1);
      if (left !== undefined) return;
    }
    const open = countOf(inode);
    bytes += open?.bytes ?? (stats.isFile() ? stats.size : 0);
    files += open?.files ?? 1;
  }

  async function visit(place: Place): Promise<string[]> {
    const folders: string[] = [];
    let others: string[] = [];
    const countOthers = async (): Promise<void> => {
      const found = await Promise.all(others.map((name) => SLOW_CALLS.lstat(entryOf(place.thing, name))));
      others = [];
      for (const stats of found) if (stats !== undefined) count(stats);
    };
    const encoding = 'buffer' as BufferEncoding;
    for await (const entry of await fs.opendir(place.thing, { encoding, bufferSize: 256 })) {
      const name = decodeBytes(entry.name as unknown as Buffer);
      if (entry.isDirectory()) {
        files += 1;
        folders.push(name);
        continue;
      }
      others.push(name);
      if (others.length === AT_ONCE) await countOthers();
    }
    await countOthers();
    return folders;
  }

  await eachFolder({ ...tour, visit });
  return { bytes, files };
}
