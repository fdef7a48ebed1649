// An atomic upload: written under a name of its own, beside the place it is for, until it is whole. The folder is held
// open all the while, so wherever it is moved, the file gets its name in that folder. What happens at the end:
//
//   finished   synced, given its name, and the folder synced
//   failed     removed: its sender is told, and starts over
//   cut-off    kept for a while under a name that a later upload of the same file finds (upload-names.ts)

import { constants, type Stats } from 'node:fs';
import { permissionBits } from '../model/checks.ts';
import { errnoName } from '../model/errno.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Lease } from '../model/lease.ts';
import { nameOf } from '../model/path.ts';
import type { ActiveUploads } from './active-uploads.ts';
import { giveFreeName } from './free-name.ts';
import type { HeldFile } from './held-file.ts';
import { inodeOf } from './ledger.ts';
import type { Meter } from './meter.ts';
import { entryOf, type HostPath, kindOf, type Place } from './place.ts';
import type { Permit } from './storage.ts';
import { type Answer, callsFor, changeOwner, type NameCalls, SLOW_CALLS, syncDescriptor } from './system-calls.ts';
import { partialNameOf, temporaryNameOf } from './upload-names.ts';
import type { UploadPolicy } from './upload-policy.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW = 0, O_RDONLY } = constants;

/** How a file that was open for writing came to its end. */
export type Ending = 'finished' | 'failed' | 'cut-off';

/** A file being written aside. */
export interface Aside {
  readonly descriptor: number;
  readonly held: HeldFile | undefined;
  /**
   * To be called once, in Meter.exclusively, when the descriptor is closed. Releases `held`. Throws when the file did not
   * get its name.
   */
  end(how: Ending): Promise<void>;
  /** Instead of `end`, where no name may be changed: what is left is removed with what was cut off. Releases `held`. */
  forsake(): Promise<void>;
}

interface AsideParts {
  /** Where the file shall be; belongs to the caller, who keeps it open until `end` is done. */
  readonly place: Place;
  readonly flags: number;
  readonly policy: UploadPolicy;
  readonly active: ActiveUploads;
  readonly meter: Meter;
  /** Asked again when somebody else's file has come to the place of a new one. */
  readonly permit: Permit;
  /** Whether whatever comes to the place meanwhile must stay. */
  readonly exclusive: boolean;
}

/** What is being written aside: the name that it has until its end, and its account. */
interface Temporary {
  readonly name: string;
  readonly lease: Lease;
  readonly held: HeldFile | undefined;
}

/** Starts a new file for `place`, empty, with `mode`, or the mode and owner of the file that it will replace. */
export async function beginAside(parts: AsideParts & { readonly mode: number }): Promise<Aside> {
  const { place, flags, meter } = parts;
  const { calls } = place;
  const name = temporaryNameOf(nameOf(place.path));
  const temporary = entryOf(place.folder, name);
  const replaced = place.stats;
  const lease = await beActive(parts, name);
  let descriptor: number | undefined;
  let held: HeldFile | undefined;
  try {
    // Whoever starts over wants nothing of what was cut off.
    await removeIfThere(calls, partialOf(place), meter);
    const mode = permissionBits(replaced?.mode ?? parts.mode);
    const credit = replaced === undefined ? undefined : await meter.replacing(replaced);
    const make = (): Answer<number> => calls.open(temporary, flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    descriptor = await meter.making(make, credit);
    const written = { name, lease, held: await meter.hold(descriptor, place.mayHang, credit) };
    held = written.held;
    if (replaced !== undefined) await likeReplaced(calls, descriptor, replaced);
    return asideOf(descriptor, parts, written);
  } catch (error) {
    if (descriptor !== undefined) {
      // What stays is swept away.
      await removeIfThere(calls, temporary, meter).catch(() => undefined);
      await letGoOf({ calls, descriptor, held });
    }
    lease.release();
    throw error;
  }
}

/** Goes on with what was cut off; undefined when there is nothing. Two at a time never go on with the same. */
export async function resumeAside(parts: AsideParts): Promise<Aside | undefined> {
  const { place, flags, meter } = parts;
  const { calls } = place;
  const name = temporaryNameOf(nameOf(place.path));
  const temporary = entryOf(place.folder, name);
  const lease = await beActive(parts, name);
  let isTaken = false;
  let descriptor: number | undefined;
  try {
    await calls.rename(partialOf(place), temporary);
    isTaken = true;
    descriptor = await calls.open(temporary, flags | O_NOFOLLOW);
    const held = await meter.hold(descriptor, place.mayHang);
    return asideOf(descriptor, parts, { name, lease, held });
  } catch (error) {
    try {
      if (descriptor !== undefined) await letGoOf({ calls, descriptor });
      if (!isTaken && errnoName(error) === 'ENOENT') return undefined;
      if (isTaken) await calls.rename(temporary, partialOf(place));
    } finally {
      // Until here no sweep may take it for one that was left.
      lease.release();
    }
    throw error;
  }
}

/** Lets go of what was opened and can't be handed out, all of it whatever fails: the first error says why. */
export async function letGoOf(opened: {
  calls: NameCalls;
  descriptor: number;
  held?: HeldFile | undefined;
}): Promise<void> {
  await opened.held?.release()?.catch(() => undefined);
  try {
    await opened.calls.close(opened.descriptor);
  } catch {
    // It is closed all the same.
  }
}

/** What is left of an upload for `place` that was cut off; undefined when nothing is. */
export async function partialStats(place: Place): Promise<Stats | undefined> {
  return place.calls.lstat(partialOf(place));
}

/** Removes what is left of an upload for `place` that was cut off. Resolves to whether there was such. */
export function removePartial(place: Place, meter: Meter): Promise<boolean> {
  return removeIfThere(place.calls, partialOf(place), meter);
}

/** Returns when the names in `folder` are on the disk. */
export async function syncFolder(folder: HostPath): Promise<void> {
  const descriptor = await SLOW_CALLS.open(folder, O_RDONLY | O_DIRECTORY);
  try {
    await syncDescriptor(descriptor);
  } finally {
    await SLOW_CALLS.close(descriptor);
  }
}

/** Is on the list of what is under way by `name` from here on. @throws FileError where another must be the only one */
async function beActive({ place, active, exclusive }: AsideParts, name: string): Promise<Lease> {
  const { path, folder, calls } = place;
  const stats = await calls.lstat(entryOf(folder, '.'));
  if (stats === undefined) throw new FileError('not-found', { path });
  const lease = await active.add({ folder: inodeOf(stats), name, exclusive });
  if (lease === undefined) throw new FileError('already-exists', { path });
  return lease;
}

function asideOf(descriptor: number, parts: AsideParts, temporary: Temporary): Aside {
  const { held } = temporary;
  return {
    descriptor,
    held,
    end: (how) => end(parts, temporary, how),
    forsake: () => letGo(temporary),
  };
}

async function letGo({ lease, held }: Temporary): Promise<void> {
  lease.release();
  await held?.release();
}

async function end(parts: AsideParts, written: Temporary, how: Ending): Promise<void> {
  const { place, policy, meter } = parts;
  const { name, held } = written;
  const temporary = entryOf(place.folder, name);
  try {
    switch (how) {
      case 'finished':
        await giveName(parts, temporary, held);
        if (policy.sync !== 'off') await syncFolder(place.folder);
        return;
      case 'cut-off':
        if (policy.keepMs > 0) await keep(parts, temporary, held);
        else await removeIfThere(SLOW_CALLS, temporary, meter);
        return;
      case 'failed':
        await removeIfThere(SLOW_CALLS, temporary, meter);
        return;
      default:
        how satisfies never;
    }
  } finally {
    await letGo(written);
  }
}

/** What would have replaced a file counts by itself when it is kept: there may be no room for that. */
async function keep({ place, meter }: AsideParts, temporary: HostPath, held: HeldFile | undefined): Promise<void> {
  const partial = partialOf(place);
  try {
    await meter.unnaming(partial, () => place.calls.rename(temporary, partial), held);
  } catch (error) {
    if (!isFileError(error, 'quota-exceeded')) throw error;
    await removeIfThere(SLOW_CALLS, temporary, meter);
  }
}

async function giveName(parts: AsideParts, temporary: HostPath, held: HeldFile | undefined): Promise<void> {
  const { place, exclusive, permit, meter } = parts;
  const { path, entry } = place;
  try {
    if (place.kind === undefined && (await giveFreeName({ calls: place.calls, from: temporary, to: entry }))) return;
    if (exclusive) throw new FileError('already-exists', { path });
    const stats = await place.calls.lstat(entry);
    // It was allowed to make a new file, or to replace the one that was there: now it may be another matter.
    if (place.kind === undefined && stats !== undefined) permit({ path, kind: kindOf(stats) });
    const calls = callsFor(place.calls, stats?.size);
    await meter.unnaming(entry, () => calls.rename(temporary, entry), held);
  } catch (error) {
    await removeIfThere(SLOW_CALLS, temporary, meter);
    throw error;
  }
}

/** The umask has no say in the mode of a file that is replaced. Its owner may be beyond what this server can give. */
async function likeReplaced(calls: NameCalls, descriptor: number, { mode, uid, gid }: Stats): Promise<void> {
  try {
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) await changeOwner(descriptor, uid, gid);
  } catch (error) {
    if (errnoName(error) !== 'EPERM') throw error;
  }
  await calls.fchmod(descriptor, permissionBits(mode));
}

function partialOf(place: Place): HostPath {
  return entryOf(place.folder, partialNameOf(nameOf(place.path)));
}

async function removeIfThere(calls: NameCalls, entry: HostPath, meter: Meter): Promise<boolean> {
  try {
    await meter.unnaming(entry, () => calls.unlink(entry));
    return true;
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return false;
    throw error;
  }
}
