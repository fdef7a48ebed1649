// An atomic upload: written under a name of its own, beside the place it is for, until it is whole. The folder is held
// open all the while, so wherever it is moved, the file gets its name in that folder. What happens at the end:
//
//   finished   synced, given its name, and the folder synced
//   failed     removed: its sender is told, and starts over
//   cut-off    kept for a while under a name that a later upload of the same file finds (upload-names.ts)

import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { permissionBits } from '../model/checks.ts';
import { errnoName } from '../model/errno.ts';
import { FileError, isFileError } from '../model/error.ts';
import { nameOf } from '../model/path.ts';
import { giveFreeName } from './free-name.ts';
import type { HeldFile } from './held-file.ts';
import type { Meter } from './meter.ts';
import { entryOf, type HostPath, kindOf, type Place } from './place.ts';
import type { Permit } from './storage.ts';
import {
  changeMode,
  changeOwner,
  closeDescriptor,
  lstatIfThere,
  openDescriptor,
  syncDescriptor,
} from './system-calls.ts';
import { partialNameOf, temporaryNameOf } from './upload-names.ts';
import type { UploadPolicy } from './upload-policy.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW = 0, O_RDONLY } = constants;

/** How a file that was open for writing came to its end. */
export type Ending = 'finished' | 'failed' | 'cut-off';

/** The temporary names that are being written in this process: no sweep touches them. */
export class ActiveUploads {
  /** How often each: those of exclusive uploads are the same in every folder. */
  readonly #counts = new Map<string, number>();

  has(name: string): boolean {
    return this.#counts.has(name);
  }

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  delete(name: string): void {
    const left = (this.#counts.get(name) ?? 0) - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
  }
}

/** A file being written aside. */
export interface Aside {
  readonly descriptor: number;
  readonly held: HeldFile | undefined;
  /**
   * To be called once, in Meter.exclusively, when the descriptor is closed. Releases `held`. Throws when the file did not
   * get its name.
   */
  end(how: Ending): Promise<void>;
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

/** Starts a new file for `place`, empty, with `mode`, or the mode and owner of the file that it will replace. */
export async function beginAside(parts: AsideParts & { readonly mode: number }): Promise<Aside> {
  const { place, flags, active, meter } = parts;
  const name = temporaryNameOf(nameOf(place.path), parts);
  const temporary = entryOf(place.folder, name);
  const replaced = place.stats;
  active.add(name);
  let descriptor: number | undefined;
  let held: HeldFile | undefined;
  try {
    // Whoever starts over wants nothing of what was cut off.
    await removeIfThere(partialOf(place), meter);
    const mode = permissionBits(replaced?.mode ?? parts.mode);
    const credit = replaced === undefined ? undefined : await meter.replacing(replaced);
    const make = (): Promise<number> => openDescriptor(temporary, flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    descriptor = await meter.making(make, credit);
    const written = { name, held: await meter.hold(descriptor, place.mayHang, credit) };
    held = written.held;
    if (replaced !== undefined) await likeReplaced(descriptor, replaced);
    return { descriptor, held, end: (how) => end(parts, written, how) };
  } catch (error) {
    active.delete(name);
    if (descriptor !== undefined) {
      await removeIfThere(temporary, meter);
      await held?.release();
      await closeDescriptor(descriptor);
    }
    throw error;
  }
}

/** Goes on with what was cut off; undefined when there is nothing. Two at a time never go on with the same. */
export async function resumeAside(parts: AsideParts): Promise<Aside | undefined> {
  const { place, flags, active, meter } = parts;
  const name = temporaryNameOf(nameOf(place.path), { exclusive: false });
  const temporary = entryOf(place.folder, name);
  active.add(name);
  let isTaken = false;
  let descriptor: number | undefined;
  try {
    await fs.rename(partialOf(place), temporary);
    isTaken = true;
    descriptor = await openDescriptor(temporary, flags | O_NOFOLLOW);
    const held = await meter.hold(descriptor, place.mayHang);
    return { descriptor, held, end: (how) => end(parts, { name, held }, how) };
  } catch (error) {
    active.delete(name);
    if (descriptor !== undefined) await closeDescriptor(descriptor);
    if (!isTaken && errnoName(error) === 'ENOENT') return undefined;
    if (isTaken) await fs.rename(temporary, partialOf(place));
    throw error;
  }
}

/** What is left of an upload for `place` that was cut off; undefined when nothing is. */
export function partialStats(place: Place): Promise<Stats | undefined> {
  return lstatIfThere(partialOf(place));
}

/** Removes what is left of an upload for `place` that was cut off. Resolves to whether there was such. */
export function removePartial(place: Place, meter: Meter): Promise<boolean> {
  return removeIfThere(partialOf(place), meter);
}

/** Returns when the names in `folder` are on the disk. */
export async function syncFolder(folder: HostPath): Promise<void> {
  const descriptor = await openDescriptor(folder, O_RDONLY | O_DIRECTORY);
  try {
    await syncDescriptor(descriptor);
  } finally {
    await closeDescriptor(descriptor);
  }
}

/** What is being written aside: its name, and its account. */
interface Written {
  readonly name: string;
  readonly held: HeldFile | undefined;
}

async function end(parts: AsideParts, { name, held }: Written, how: Ending): Promise<void> {
  const { place, policy, active, meter } = parts;
  const temporary = entryOf(place.folder, name);
  try {
    switch (how) {
      case 'finished':
        await giveName(parts, temporary, held);
        if (policy.sync !== 'off') await syncFolder(place.folder);
        return;
      case 'cut-off':
        if (policy.keepMs > 0) await keep(parts, temporary, held);
        else await removeIfThere(temporary, meter);
        return;
      case 'failed':
        await removeIfThere(temporary, meter);
        return;
      default:
        how satisfies never;
    }
  } finally {
    active.delete(name);
    await held?.release();
  }
}

/** What would have replaced a file counts by itself when it is kept: there may be no room for that. */
async function keep({ place, meter }: AsideParts, temporary: HostPath, held: HeldFile | undefined): Promise<void> {
  const partial = partialOf(place);
  try {
    await meter.unnaming(partial, () => fs.rename(temporary, partial), held);
  } catch (error) {
    if (!isFileError(error, 'quota-exceeded')) throw error;
    await removeIfThere(temporary, meter);
  }
}

async function giveName(parts: AsideParts, temporary: HostPath, held: HeldFile | undefined): Promise<void> {
  const { place, exclusive, permit, meter } = parts;
  const { path, entry } = place;
  try {
    if (place.kind === undefined && (await giveFreeName({ from: temporary, to: entry }))) return;
    if (exclusive) throw new FileError('already-exists', { path });
    const stats = await lstatIfThere(entry);
    // It was allowed to make a new file, or to replace the one that was there: now it may be another matter.
    if (place.kind === undefined && stats !== undefined) permit({ path, kind: kindOf(stats) });
    await meter.unnaming(entry, () => fs.rename(temporary, entry), held);
  } catch (error) {
    await removeIfThere(temporary, meter);
    throw error;
  }
}

/** The umask has no say in the mode of a file that is replaced. Its owner may be beyond what this server can give. */
async function likeReplaced(descriptor: number, { mode, uid, gid }: Stats): Promise<void> {
  try {
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) await changeOwner(descriptor, uid, gid);
  } catch (error) {
    if (errnoName(error) !== 'EPERM') throw error;
  }
  await changeMode(descriptor, permissionBits(mode));
}

function partialOf(place: Place): HostPath {
  return entryOf(place.folder, partialNameOf(nameOf(place.path)));
}

async function removeIfThere(entry: HostPath, meter: Meter): Promise<boolean> {
  try {
    await meter.unnaming(entry, () => fs.unlink(entry));
    return true;
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return false;
    throw error;
  }
}
