// Looks through the homes and shared folders for what is left of atomic uploads that were cut off, and removes what has
// been kept for long enough. One call at a time.

import type { Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBytes } from '../model/bytes.ts';
import { errnoName } from '../model/errno.ts';
import type { Log } from '../model/log.ts';
import type { Tree } from '../model/usage.ts';
import type { ActiveUploads } from './active-uploads.ts';
import { type JailKind, openDeepJail, openJailOf } from './choose-jail.ts';
import { eachFolder } from './each-folder.ts';
import { inodeOf } from './ledger.ts';
import { type Meter, type Meters, UNCOUNTED_TREES } from './meter.ts';
import type { WalkMode } from './mounts.ts';
import { entryOf, type HostPath, type Jail, type Place } from './place.ts';
import { type Answer, type LocalCalls, SLOW_CALLS } from './system-calls.ts';
import { isReservedName, partialOfTemporary } from './upload-names.ts';

export interface Sweep {
  /** The folders of the host that hold them; one that is not there holds none. */
  readonly directories: Readonly<Record<'home' | 'folder', string>>;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  readonly local: LocalCalls;
  /** How long to keep what was cut off in a tree, in milliseconds. */
  readonly keepMs: (tree: Tree) => number;
  readonly active: ActiveUploads;
  /** Counts what is in the trees; unless told, nobody does. */
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

interface Round {
  readonly sweep: Sweep;
  readonly swept: Swept;
}

/** Sweeps every one of them. One that can't be swept is logged, and no reason to leave out the next. */
export async function sweepHomes(sweep: Sweep): Promise<Swept> {
  const swept: Swept = { removed: 0, kept: 0 };
  for (const kind of ['home', 'folder'] as const) await sweepAll(kind, { sweep, swept });
  return swept;
}

async function sweepAll(kind: 'home' | 'folder', round: Round): Promise<void> {
  const { directories, signal, log } = round.sweep;
  const directory = directories[kind];
  for (const entry of await entriesIn(directory)) {
    if (!entry.isDirectory() || signal.aborted) continue;
    try {
      await sweepTree(`${kind}:${entry.name}`, join(directory, entry.name), round);
    } catch (error) {
      log.unexpected(error, 'sweeping a folder of uploads that were cut off', { folder: entry.name });
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

async function sweepTree(tree: Tree, host: HostPath, { sweep, swept }: Round): Promise<void> {
  const { jail: kind, meters = UNCOUNTED_TREES, signal } = sweep;
  const openDeep = (folder: HostPath): Promise<Jail> => openDeepJail(kind, folder, sweep);
  const jail = await openJailOf[kind](host, sweep);
  const { meter, leave } = meters.enter(tree);
  try {
    const settling = { meter, keepMs: sweep.keepMs(tree), active: sweep.active, swept };
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
    } else if (!(await settling.active.has(name))) {
      await settling.meter.exclusively(() => settle(place, name, settling));
    }
  }
  return folders;
}

/** What an upload that is under way writes, or would go on with, is left to the next sweep. */
async function settle({ stats, thing }: Place, name: string, settling: Settling): Promise<void> {
  if (stats === undefined) return;
  const lease = await settling.active.reserve({ folder: inodeOf(stats), name });
  try {
    if (lease !== undefined) await settleReserved(thing, name, settling);
  } finally {
    lease?.release();
  }
}

/** By the time of the last change of the inode: the other times are the user's to set. */
async function settleReserved(folder: HostPath, name: string, { meter, keepMs, swept }: Settling): Promise<void> {
  const entry = entryOf(folder, name);
  const stats = await SLOW_CALLS.lstat(entry);
  if (stats === undefined) return;
  const remove = (): Answer<void> => meter.unnaming(entry, () => fs.rm(entry, { force: true }));
  // With a second name it is whole: it was given its own, and the server was killed before it could take this one away.
  const isWhole = stats.nlink > 1;
  if (isWhole || Date.now() - stats.ctimeMs >= keepMs) {
    await remove();
    swept.removed += 1;
    return;
  }
  swept.kept += 1;
  // Left by a server that was killed: from now on it can be resumed.
  const partial = partialOfTemporary(name);
  if (partial === undefined) return;
  const kept = entryOf(folder, partial);
  const other = await SLOW_CALLS.lstat(kept);
  if (other !== undefined && other.ctimeMs > stats.ctimeMs) await remove();
  else await meter.unnaming(kept, () => fs.rename(entry, kept));
}
