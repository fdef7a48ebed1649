// Appends to one file by several handles, one after the other: where a file has a limit, each must know where the one
// before it ended.

import type { Stats } from 'node:fs';

/** The last append to each file to which one is under way. */
const last = new Map<string, Promise<void>>();

/** Runs `append` after those to the same file that came before it, however they ended. */
export async function appendInOrder({ dev, ino }: Stats, append: () => Promise<void>): Promise<void> {
  const inode = `${dev}:${ino}`;
  const mine = (last.get(inode) ?? Promise.resolve()).then(append);
  const ended = mine.catch(() => undefined);
  last.set(inode, ended);
  try {
    await mine;
  } finally {
    if (last.get(inode) === ended) last.delete(inode);
  }
}
