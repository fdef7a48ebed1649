// Which file systems may hang: those that answer over a network, or by way of another program. Goes by the kernel's
// table of mounts, /proc/self/mountinfo: to read it waits for no disk. To ask the file system itself (statfs, or entering
// its folder to see where one is) is just the call that hangs.

import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';

/** How a home is walked. `auto`: aside where a file system in it may hang. */
export type WalkMode = 'auto' | 'sync' | 'async';

/** One line of the table; see proc_pid_mountinfo(5). Paths are bytes, one for each character. */
interface Mount {
  readonly id: number;
  readonly at: string;
  readonly type: string;
}

export type Mounts = readonly Mount[];

/**
 * What of a home may hang. `partly`: a file system that was mounted below it, and so no step of a walk is sure.
 */
export type Hanging = 'never' | 'partly' | 'wholly';

/**
 * File systems on disks of this machine, or in its memory. Whatever is not named here may hang: nfs, cifs, 9p, ceph,
 * fuse and all that is made with it, autofs, and what is not known.
 */
const LOCAL: ReadonlySet<string> = new Set([
  'bcachefs',
  'btrfs',
  'erofs',
  'exfat',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'iso9660',
  'jfs',
  'msdos',
  'nilfs2',
  'ntfs3',
  'overlay',
  'ramfs',
  'reiserfs',
  'squashfs',
  'tmpfs',
  'udf',
  'vfat',
  'xfs',
  'zfs',
]);

/** How old the table may be. What is mounted hardly hangs in its first second. */
const FRESH_MS = 1000;

let known: Mounts = [];
let readAtMs = Number.NEGATIVE_INFINITY;
let reading: Promise<Mounts> | undefined;

/** The table, at most a second old; the same object as long as it says the same. */
export function mountsNow(): Mounts | Promise<Mounts> {
  return performance.now() - readAtMs < FRESH_MS ? known : readMounts();
}

/** The table as it is. */
export async function readMounts(): Promise<Mounts> {
  reading ??= readTable();
  return reading;
}

let text = '';

async function readTable(): Promise<Mounts> {
  try {
    const startedMs = performance.now();
    const now = await readFile('/proc/self/mountinfo', 'latin1');
    if (now !== text) known = parseMounts(now);
    text = now;
    readAtMs = startedMs;
    return known;
  } finally {
    reading = undefined;
  }
}

export function parseMounts(table: string): Mounts {
  const mounts: Mount[] = [];
  for (const line of table.split('\n')) {
    const words = line.split(' ');
    const [id, , , , at] = words;
    // Between the two parts of a line stand any number of optional words, and then a dash.
    const type = words[words.indexOf('-', 6) + 1];
    if (at !== undefined && type !== undefined) mounts.push({ id: Number(id), at: unescaped(at), type });
  }
  return mounts;
}

/** What may hang of the folder that is at `path` and was reached by the mount `mountId`. */
export function hangingOf(mounts: Mounts, { mountId, path }: { mountId: number; path: string }): Hanging {
  const own = mounts.find(({ id }) => id === mountId);
  // Of what was unmounted while somebody was in it the table says nothing.
  if (own === undefined || !LOCAL.has(own.type)) return 'wholly';
  const inside = path === '/' ? '/' : `${path}/`;
  return mounts.some(({ id, at, type }) => id !== mountId && at.startsWith(inside) && !LOCAL.has(type))
    ? 'partly'
    : 'never';
}

/** Blank, tab, newline and backslash are written as three octal digits. */
function unescaped(at: string): string {
  return at.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
