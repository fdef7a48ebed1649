// Attributes between the program's words and the disk's.

import type { Stats, StatsFs } from 'node:fs';
import { permissionBits } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { MAX_NAME_BYTES } from '../model/path.ts';
import { kindOf } from './place.ts';
import type { Answer } from './system-calls.ts';

export function attributesOf(stats: Stats): Attributes {
  return {
    kind: kindOf(stats),
    mode: stats.mode,
    sizeBytes: stats.size,
    uid: stats.uid,
    gid: stats.gid,
    linkCount: stats.nlink,
    accessedMs: stats.atimeMs,
    modifiedMs: stats.mtimeMs,
  };
}

export function spaceOf(stats: StatsFs): Space {
  return {
    blockBytes: stats.bsize,
    totalBlocks: stats.blocks,
    freeBlocks: stats.bfree,
    // What root may use and others not is counted below zero by some file systems.
    availableBlocks: Math.max(0, stats.bavail),
    totalFiles: stats.files,
    freeFiles: stats.ffree,
    // Node's statfs leaves the name length out; it is this on every file system in use.
    maxNameBytes: MAX_NAME_BYTES,
  };
}

/** The four calls that change what is there, by path or by descriptor. */
export interface AttributeCalls {
  readonly truncate: (sizeBytes: number) => Answer<void>;
  readonly chmod: (mode: number) => Answer<void>;
  readonly chown: (uid: number, gid: number) => Answer<void>;
  readonly utimes: (accessed: Date | number, modified: Date | number) => Answer<void>;
}

/** Makes the changes in an order in which none undoes another: times last, since a new size changes them. */
export async function applyChanges(changes: AttributeChanges, calls: AttributeCalls): Promise<void> {
  const { sizeBytes, mode, owner, times } = changes;
  if (sizeBytes !== undefined) await calls.truncate(sizeBytes);
  if (owner !== undefined) await calls.chown(owner.uid, owner.gid);
  if (mode !== undefined) await calls.chmod(permissionBits(mode));
  if (times !== undefined) await calls.utimes(diskTime(times.accessedMs), diskTime(times.modifiedMs));
}

/** The range of a Date. File systems have narrower ones, and clamp by themselves. */
const MAX_TIME_MS = 8.64e15;

/**
 * A time as Node's utimes takes it. A number is in seconds, with fractions, but one below zero silently means "now";
 * a Date can lie before 1970, in whole milliseconds.
 */
function diskTime(ms: number): Date | number {
  const clamped = Math.min(Math.max(ms, -MAX_TIME_MS), MAX_TIME_MS);
  return clamped < 0 ? new Date(Math.floor(clamped)) : clamped / 1000;
}
