// Looks through the homes for what is left of atomic uploads that were cut off, and removes what has been kept for long
// enough. One call at a time.

import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBytes } from '../model/bytes.ts';
import type { Log } from '../model/log.ts';
import { type JailKind, openDeepJail, openJailOf } from './choose-jail.ts';
import { eachFolder } from './each-folder.ts';
import { type Meter, type Meters, UNCOUNTED_TREES } from './meter.ts';
import type { WalkMode } from './mounts.ts';
import { entryOf, type HostPath, type Jail, type Place } from './place.ts';
import { lstatIfThere } from './system-calls.ts';
import type { ActiveUploads } from './upload-aside.ts';
import { isReservedName, partialOfTemporary } from './upload-names.ts';

export interface Sweep {
  readonly directory: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  /** How long to keep what was cut off in the home of `user`, in milliseconds. */
  readonly keepMs: (user: string) => number;
  readonly active: ActiveUploads;
  /** Counts what is in the homes; unless told, nobody does. */
  readonly meters?: Meters;
  /** Aborted to stop at the next folder. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** How many leftovers there were. */
export interface Swept {
  removed: number;
  kept: number;
}

/** Sweeps every home. One that can't be swept is logged, and no reason to leave out the next. */
export async function sweepHomes(sweep: Sweep): Promise<Swept> {
  const swept: Swept = { removed: 0, kept: 0 };
  for (const entry of await fs.readdir(sweep.directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || sweep.signal.aborted) continue;
    try {
      await sweepHome(entry.name, sweep, swept);
    } catch (error) {
      sweep.log.unexpected(error, 'sweeping a home of uploads that were cut off', { user: entry.name });
    }
  }
  return swept;
}

async function sweepHome(user: string, sweep: Sweep, swept: Swept): Promise<void> {
  const { directory, walkMode, meters = UNCOUNTED_TREES, signal } = sweep;
  const openDeep = (host: HostPath): Promise<Jail> => openDeepJail(sweep.jail, host, walkMode);
  const jail = await openJailOf[sweep.jail](join(directory, user), walkMode);
  const { meter, leave } = meters.enter(`home:${user}`);
  try {
    const settling = { meter, keepMs: sweep.keepMs(user), active: sweep.active, swept };
    await eachFolder({ jail, openDeep, visit: (place) => sweepFolder(place, settling), signal });
  } finally {
    leave();
    jail.close();
  }
}

interface Settling {
  readonly meter: Meter;
  readonly keepMs: number;
  readonly active: ActiveUploads;
  readonly swept: Swept;
}

/** Sweeps one folder, and resolves to the names of those in it. */
async function sweepFolder(place: Place, settling: Settling): Promise<string[]> {
  const folders: string[] = [];
  const encoding = 'buffer' as BufferEncoding;
  for await (const entry of await fs.opendir(place.thing, { encoding, bufferSize: 256 })) {
    const name = decodeBytes(entry.name as unknown as Buffer);
    if (!isReservedName(name)) {
      if (entry.isDirectory()) folders.push(name);
    } else if (!settling.active.has(name)) {
      await settling.meter.exclusively(() => settle(place.thing, name, settling));
    }
  }
  return folders;
}

/** By the time of the last change of the inode: the other times are the user's to set. */
async function settle(folder: HostPath, name: string, { meter, keepMs, active, swept }: Settling): Promise<void> {
  const entry = entryOf(folder, name);
  const stats = await lstatIfThere(entry);
  if (stats === undefined || active.has(name)) return;
  const remove = (): Promise<void> => meter.unnaming(entry, () => fs.rm(entry, { force: true }));
  if (Date.now() - stats.ctimeMs >= keepMs) {
    await remove();
    swept.removed += 1;
    return;
  }
  swept.kept += 1;
  // Left by a server that was killed: from now on it can be resumed.
  const partial = partialOfTemporary(name);
  if (partial === undefined) return;
  const kept = entryOf(folder, partial);
  const other = await lstatIfThere(kept);
  if (other !== undefined && other.ctimeMs > stats.ctimeMs) await remove();
  else await meter.unnaming(kept, () => fs.rename(entry, kept));
}
