// Looks through the homes and shared folders for what is left of atomic uploads that were cut off, and removes what has been kept for long
// enough. Goes through the jail, as everybody: what users swap in meanwhile can't lead it anywhere. One call at a time.

import type { Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBytes } from '../model/bytes.ts';
import { errnoName } from '../model/errno.ts';
import { isFileError } from '../model/error.ts';
import type { Log } from '../model/log.ts';
import { joinPath, ROOT, type VirtualPath } from '../model/path.ts';
import type { ActiveUploads } from './active-uploads.ts';
import { type JailKind, openJailOf } from './choose-jail.ts';
import type { WalkMode } from './mounts.ts';
import { entryOf, type HostPath, type Jail, type Place } from './place.ts';
import { type LocalCalls, SLOW_CALLS } from './system-calls.ts';
import { isReservedName, partialOfTemporary } from './upload-names.ts';

export interface Sweep {
  /** The folders of the host that hold them; one that is not there holds none. */
  readonly directories: readonly string[];
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  readonly local: LocalCalls;
  /** How long to keep what was cut off, in milliseconds. */
  readonly keepMs: number;
  readonly active: ActiveUploads;
  /** Aborted to stop at the next folder. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** How many leftovers there were. */
export interface Swept {
  removed: number;
  kept: number;
}

/** Sweeps every one of them. One that can't be swept is logged, and no reason to leave out the next. */
export async function sweepHomes(sweep: Sweep): Promise<Swept> {
  const swept: Swept = { removed: 0, kept: 0 };
  for (const directory of sweep.directories) await sweepIn(directory, sweep, swept);
  return swept;
}

async function sweepIn(directory: string, sweep: Sweep, swept: Swept): Promise<void> {
  for (const entry of await entriesIn(directory)) {
    if (!entry.isDirectory() || sweep.signal.aborted) continue;
    try {
      const jail = await openJailOf[sweep.jail](join(directory, entry.name), sweep);
      try {
        await sweepHome(jail, sweep, swept);
      } finally {
        jail.close();
      }
    } catch (error) {
      sweep.log.unexpected(error, 'sweeping a folder of uploads that were cut off', { folder: entry.name });
    }
  }
}

async function entriesIn(directory: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return [];
    throw error;
  }
}

async function sweepHome(jail: Jail, sweep: Sweep, swept: Swept): Promise<void> {
  const folders: VirtualPath[] = [ROOT];
  for (let path = folders.pop(); path !== undefined && !sweep.signal.aborted; path = folders.pop()) {
    try {
      const place = await jail.find(path, 'keep', 'hold');
      try {
        if (place.kind === 'directory') folders.push(...(await sweepFolder(place, sweep, swept)));
      } finally {
        place.close();
      }
    } catch (error) {
      // Gone or moved since it was seen, or deeper than a path can say.
      const name = errnoName(error);
      const isGone = name === 'ENOENT' || name === 'ENOTDIR' || isFileError(error);
      if (!isGone) throw error;
    }
  }
}

/** Sweeps one folder, and resolves to those in it. */
async function sweepFolder(place: Place, sweep: Sweep, swept: Swept): Promise<VirtualPath[]> {
  const folders: VirtualPath[] = [];
  const encoding = 'buffer' as BufferEncoding;
  for await (const entry of await fs.opendir(place.thing, { encoding, bufferSize: 256 })) {
    const name = decodeBytes(entry.name as unknown as Buffer);
    if (isReservedName(name)) {
      if (!(await sweep.active.has(name))) await settle(place.thing, name, sweep, swept);
    } else if (entry.isDirectory()) {
      folders.push(joinPath(place.path, name));
    }
  }
  return folders;
}

/** By the time of the last change of the inode: the other times are the user's to set. */
async function settle(folder: HostPath, name: string, { keepMs }: Sweep, swept: Swept): Promise<void> {
  const entry = entryOf(folder, name);
  const stats = await SLOW_CALLS.lstat(entry);
  if (stats === undefined) return;
  if (Date.now() - stats.ctimeMs >= keepMs) {
    await fs.rm(entry, { force: true });
    swept.removed += 1;
    return;
  }
  swept.kept += 1;
  // Left by a server that was killed: from now on it can be resumed.
  const partial = partialOfTemporary(name);
  if (partial === undefined) return;
  const other = await SLOW_CALLS.lstat(entryOf(folder, partial));
  if (other !== undefined && other.ctimeMs > stats.ctimeMs) await fs.rm(entry, { force: true });
  else await fs.rename(entry, entryOf(folder, partial));
}
