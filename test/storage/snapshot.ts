// Everything about a folder of the host that an operation could change.

import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One line for each entry below `folder` and for itself: name, mode, names, owner, times, content. */
export async function snapshot(folder: string): Promise<string[]> {
  const names = ['.', ...(await readdir(folder, { recursive: true }))];
  const lines = names.map(async (name) => {
    const host = join(folder, name);
    const stats = await lstat(host);
    const content = stats.isFile() ? await readFile(host, 'hex') : stats.isSymbolicLink() ? await readlink(host) : '';
    const facts = [stats.mode.toString(8), stats.nlink, stats.uid, stats.gid, stats.mtimeMs, stats.ino];
    return `${name} ${facts.join(' ')} ${content}`;
  });
  return (await Promise.all(lines)).sort();
}
