// The log file and those it was rotated to, as they were at one moment: each is known by its inode, so that a rotation
// meanwhile makes nothing be read twice or left out.

import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

export interface LogPart {
  readonly inode: number;
  /** What comes later does not count. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The parts of the log, the oldest first; none when there is no log. */
export async function findLogParts(file: string): Promise<LogPart[]> {
  const parts = new Map<number, LogPart>();
  // The newest first: what a rotation moves on meanwhile is met again under the next number, and known already.
  for (const name of await namesOf(file)) {
    const part = await partAt(join(dirname(file), name));
    if (part !== undefined && !parts.has(part.inode)) parts.set(part.inode, part);
  }
  return [...parts.values()].reverse();
}

/** Opens a part, whatever it is called by now; undefined when it was removed. The caller closes it. */
export async function openLogPart(file: string, { inode }: LogPart): Promise<FileHandle | undefined> {
  for (const name of await namesOf(file)) {
    const path = join(dirname(file), name);
    if ((await partAt(path))?.inode !== inode) continue;
    const handle = await open(path, 'r');
    if ((await handle.stat()).ino === inode) return handle;
    await handle.close();
  }
  return undefined;
}

/** `log.jsonl`, `log1.jsonl`, `log2.jsonl` ...: as file-output.ts numbers them, the newest first. */
async function namesOf(file: string): Promise<string[]> {
  const extension = extname(file);
  const stem = basename(file, extension);
  const numbered: { name: string; number: number }[] = [];
  for (const name of await namesIn(dirname(file))) {
    if (!name.startsWith(stem) || !name.endsWith(extension)) continue;
    const middle = name.slice(stem.length, name.length - extension.length);
    if (/^(?:[1-9]\d{0,3})?$/.test(middle)) numbered.push({ name, number: Number(middle) });
  }
  return numbered.sort((one, other) => one.number - other.number).map(({ name }) => name);
}

async function namesIn(folder: string): Promise<string[]> {
  return await unlessGone(readdir(folder), []);
}

async function partAt(path: string): Promise<LogPart | undefined> {
  const stats = await unlessGone(stat(path), undefined);
  if (stats?.isFile() !== true) return undefined;
  return { inode: stats.ino, sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
}

async function unlessGone<Value, Instead>(looking: Promise<Value>, instead: Instead): Promise<Value | Instead> {
  try {
    return await looking;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead;
    throw error;
  }
}
