// One home, or shared folder, on the disk: each operation finds its places through the jail, asks the permit, and acts. Nothing is
// changed, opened or told before the permit was asked. Knows no users and no rights.

import * as fs from 'node:fs/promises';
import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import { checkChanges, checkLinkTarget, checkOpenOptions, permissionBits } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import { ROOT, type VirtualPath } from '../model/path.ts';
import { type ActiveUploads, createActiveUploads } from './active-uploads.ts';
import { applyChanges, attributesOf, spaceOf } from './disk-attributes.ts';
import { DiskDirectory, NAMES_READ_AHEAD } from './disk-directory.ts';
import { diskError } from './disk-error.ts';
import { DiskOpening, RESIZE_FLAGS, refuseUnlessFile } from './disk-opening.ts';
import { giveFreeName } from './free-name.ts';
import { type Meter, UNCOUNTED } from './meter.ts';
import type { Grip, Jail, LastLink, Place } from './place.ts';
import { removeFolder } from './remove-folder.ts';
import type { Permit, Storage } from './storage.ts';
import { type Answer, callsFor } from './system-calls.ts';
import { freeTurns, type Turns } from './turns.ts';
import { partialStats, removePartial } from './upload-aside.ts';
import { IN_PLACE, type UploadPolicy } from './upload-policy.ts';

/** How often an open starts over because the file came or went while it was looked at. */
const MAX_OPEN_TRIES = 16;

export interface DiskStorageParts {
  readonly jail: Jail;
  readonly uploads: UploadPolicy;
  /** Those of all homes. */
  readonly active: ActiveUploads;
  readonly turns: Turns;
  /** Counts what is in it. */
  readonly meter: Meter;
  /** How long a file of this user may become, as it is now. */
  readonly maxFileBytes: () => number;
  readonly onClose: () => void;
}

/** The storage of the home behind `jail`, which it closes. Unless told, uploads go in place, nobody takes turns and nothing is limited. */
export function openDiskStorage(parts: Pick<DiskStorageParts, 'jail'> & Partial<DiskStorageParts>): Storage {
  return new DiskStorage({
    uploads: IN_PLACE,
    active: createActiveUploads(),
    turns: freeTurns(),
    meter: UNCOUNTED,
    maxFileBytes: () => Number.POSITIVE_INFINITY,
    onClose: () => undefined,
    ...parts,
  });
}

class DiskStorage implements Storage {
  readonly #jail: Jail;
  readonly #active: ActiveUploads;
  readonly #turns: Turns;
  readonly #meter: Meter;
  readonly #maxFileBytes: () => number;
  readonly #opening: DiskOpening;
  readonly #isAtomic: boolean;
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(parts: DiskStorageParts) {
    this.#jail = parts.jail;
    this.#active = parts.active;
    this.#turns = parts.turns;
    this.#meter = parts.meter;
    this.#maxFileBytes = parts.maxFileBytes;
    this.#opening = new DiskOpening({ ...parts, hostOf: (descriptor) => parts.jail.hostOf(descriptor) });
    this.#onClose = parts.onClose;
    this.#isAtomic = parts.uploads.mode === 'atomic';
  }

  list(path: VirtualPath, permit: Permit): Promise<Directory> {
    return this.#turns.run(() => this.#list(path, permit));
  }

  async #list(path: VirtualPath, permit: Permit): Promise<Directory> {
    let place: Place | undefined;
    try {
      place = await this.#jail.find(path, 'follow', 'hold');
      ask(permit, place);
      if (place.kind !== 'directory') throw missingOr(place, 'not-a-directory', path);
      const dir = await place.calls.openDirectory(place.thing, NAMES_READ_AHEAD);
      return new DiskDirectory({ place, dir, turns: this.#turns });
    } catch (error) {
      place?.close();
      throw diskError(error, path);
    }
  }

  async stat(path: VirtualPath, followLinks: boolean, permit: Permit): Promise<Attributes> {
    const found = await this.#at(path, followLinks ? 'follow' : 'keep', 'look', async (place) => {
      ask(permit, place);
      const growing = this.#opening.growingAt(place);
      if (growing !== undefined) return growing;
      const stats = place.stats ?? (this.#isAtomic ? await partialStats(place) : undefined);
      if (stats === undefined) throw new FileError('not-found', { path });
      return attributesOf(stats);
    });
    if (!('stat' in found)) return found;
    return whileOpen(
      found,
      () => found.stat(),
      () => this.stat(path, followLinks, permit),
    );
  }

  async open(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile> {
    checkOpenOptions(options, path);
    for (let tries = 0; tries < MAX_OPEN_TRIES; tries += 1) {
      const tryOpen = (): Promise<OpenFile | undefined> => this.#turns.run(() => this.#tryOpen(path, options, permit));
      const file = await (options.write === true ? this.#meter.exclusively(tryOpen) : tryOpen());
      if (file !== undefined) return file;
    }
    throw new FileError('busy', { path });
  }

  async #tryOpen(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile | undefined> {
    try {
      const last = options.exclusive === true ? 'keep' : 'follow';
      const place = await this.#jail.find(path, last, options.create === true ? 'hold-if-there' : 'hold');
      try {
        ask(permit, place);
      } catch (error) {
        place.close();
        throw error;
      }
      return await this.#opening.open({ place, options, permit });
    } catch (error) {
      throw diskError(error, path);
    }
  }

  makeDirectory(path: VirtualPath, mode: number | undefined, permit: Permit): Promise<void> {
    return this.#changeNames(path, 'look', async (place) => {
      ask(permit, place);
      if (place.kind !== undefined) throw new FileError('already-exists', { path });
      const bits = permissionBits(mode ?? 0o777);
      await this.#meter.making(() => place.calls.makeDirectory(place.entry, bits));
    });
  }

  remove(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#changeNames(path, 'look', async (place) => {
      ask(permit, place);
      this.#refuseRoot(place, path);
      const hadPartial = this.#isAtomic && (await removePartial(place, this.#meter));
      if (place.kind === undefined && hadPartial) return;
      if (place.kind === undefined || place.kind === 'directory') throw missingOr(place, 'is-a-directory', path);
      const calls = callsFor(place.calls, place.stats?.size);
      await this.#meter.unnaming(place.entry, () => calls.unlink(place.entry));
    });
  }

  removeDirectory(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#changeNames(path, 'hold', async (place) => {
      ask(permit, place);
      this.#refuseRoot(place, path);
      if (place.kind !== 'directory') throw missingOr(place, 'not-a-directory', path);
      await removeFolder(place, this.#active, this.#meter);
    });
  }

  rename(from: VirtualPath, to: VirtualPath, replace: boolean, permits: { from: Permit; to: Permit }): Promise<void> {
    return this.#changeNames(from, 'look', (source) =>
      this.#within(to, 'keep', 'look', async (target) => {
        ask(permits.from, source);
        ask(permits.to, target);
        this.#refuseRoot(source, from);
        this.#refuseRoot(target, to);
        if (source.kind === undefined) throw new FileError('not-found', { path: from });
        const { calls } = target;
        const rename = (): Answer<void> => callsFor(calls, target.stats?.size).rename(source.entry, target.entry);
        if (replace) return isSameThing(source, target) ? rename() : this.#meter.unnaming(target.entry, rename);
        const canLink = source.kind !== 'directory' && (source.kind !== 'link' || this.#jail.makesLinks);
        const isFree = target.kind === undefined;
        if (!isFree || !(await giveFreeName({ calls, from: source.entry, to: target.entry, canLink }))) {
          throw new FileError('already-exists', { path: to });
        }
      }),
    );
  }

  async setAttributes(
    path: VirtualPath,
    changes: AttributeChanges,
    followLinks: boolean,
    permit: Permit,
  ): Promise<void> {
    let resized: OpenFile | undefined;
    const change = (): Promise<OpenFile | undefined> =>
      this.#at(path, followLinks ? 'follow' : 'keep', 'hold', async (place) => {
        ask(permit, place);
        checkChanges(changes, path);
        const upload = this.#opening.growingAt(place);
        if (upload !== undefined) return upload;
        const isLimited = this.#meter.isCounting || this.#maxFileBytes() < Number.POSITIVE_INFINITY;
        if (changes.sizeBytes !== undefined && place.kind === 'file' && isLimited) {
          resized = await this.#opening.open({ place, options: { write: true }, permit });
        } else {
          await changeThing(place, changes, path);
        }
        return undefined;
      });
    // A size that is changed when nothing is counted must be changed before anything is.
    const growing = await (changes.sizeBytes === undefined ? change() : this.#meter.exclusively(change));
    if (resized !== undefined) return changeOpen(resized, changes);
    if (growing === undefined) return;
    await whileOpen(
      growing,
      () => growing.setAttributes(changes),
      () => this.setAttributes(path, changes, followLinks, permit),
    );
  }

  readLink(path: VirtualPath, permit: Permit): Promise<string> {
    return this.#at(path, 'keep', 'look', async (place) => {
      ask(permit, place);
      if (place.kind !== 'link') throw missingOr(place, 'invalid-argument', path);
      return decodeBytes(await place.calls.readLink(place.entry));
    });
  }

  makeLink(path: VirtualPath, target: string, permit: Permit): Promise<void> {
    return this.#changeNames(path, 'look', async (place) => {
      ask(permit, place);
      checkLinkTarget(target, path);
      if (place.kind !== undefined) throw new FileError('already-exists', { path });
      if (!this.#jail.makesLinks) throw new FileError('unsupported', { path });
      await this.#meter.making(() => place.calls.symlink(encodeBytes(target), place.entry));
    });
  }

  makeHardLink(existing: VirtualPath, path: VirtualPath, permits: { existing: Permit; path: Permit }): Promise<void> {
    return this.#changeNames(existing, 'look', (source) =>
      this.#within(path, 'keep', 'look', async (target) => {
        ask(permits.existing, source);
        ask(permits.path, target);
        if (source.kind === undefined || source.kind === 'directory') {
          throw missingOr(source, 'permission-denied', existing);
        }
        if (target.kind !== undefined) throw new FileError('already-exists', { path });
        // Outside Linux link(2) follows a link, which leads where nobody has looked.
        if (source.kind === 'link' && !this.#jail.makesLinks) throw new FileError('unsupported', { path: existing });
        await target.calls.link(source.entry, target.entry);
      }),
    );
  }

  realPath(path: VirtualPath, permit: Permit): Promise<VirtualPath> {
    return this.#at(path, 'follow', 'look', async (place) => {
      ask(permit, place);
      return place.path;
    });
  }

  async space(path: VirtualPath, permit: Permit): Promise<Space> {
    const disk = await this.#at(path, 'follow', 'hold', async (place) => {
      ask(permit, place);
      if (place.kind === undefined) throw new FileError('not-found', { path });
      return { ...spaceOf(await fs.statfs(place.thing)), at: this.#jail.at };
    });
    return this.#meter.space(disk);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#jail.close();
    this.#onClose();
  }

  #refuseRoot(place: Place, path: VirtualPath): void {
    if (place.path !== this.#jail.at) return;
    const what = place.path === ROOT ? 'home' : 'shared folder';
    throw new FileError('permission-denied', { path, detail: `this is the ${what} itself` });
  }

  /** Finds `path`, lets `act` work there, and lets go of it, all in one turn. */
  #at<T>(path: VirtualPath, last: LastLink, grip: Grip, act: (place: Place) => Answer<T>): Promise<T> {
    return this.#turns.run(() => this.#within(path, last, grip, act));
  }

  /** The same for what changes names: where they are counted, one at a time. */
  #changeNames<T>(path: VirtualPath, grip: Grip, act: (place: Place) => Answer<T>): Promise<T> {
    return this.#meter.exclusively(() => this.#at(path, 'keep', grip, act));
  }

  /** The same within a turn that was taken. Errors of the system come out as FileErrors. */
  async #within<T>(path: VirtualPath, last: LastLink, grip: Grip, act: (place: Place) => Answer<T>): Promise<T> {
    try {
      const place = await this.#jail.find(path, last, grip);
      try {
        return await act(place);
      } finally {
        place.close();
      }
    } catch (error) {
      throw diskError(error, path);
    }
  }
}

/** Changes a file that was opened for it: what it counts as is known of open files. */
async function changeOpen(file: OpenFile, changes: AttributeChanges): Promise<void> {
  try {
    await file.setAttributes(changes);
  } finally {
    await file.close();
  }
}

/** Asks `upload`; when it is closed meanwhile, waits until it has its name or is gone, and then asks `after`. */
async function whileOpen<T>(upload: OpenFile, asked: () => Promise<T>, after: () => Promise<T>): Promise<T> {
  try {
    return await asked();
  } catch (error) {
    if (!isFileError(error, 'closed')) throw error;
  }
  await upload.close();
  return after();
}

async function changeThing(place: Place, changes: AttributeChanges, path: VirtualPath): Promise<void> {
  if (place.kind === undefined) throw new FileError('not-found', { path });
  if (changes.mode !== undefined && place.kind === 'link') throw new FileError('unsupported', { path });
  if (changes.sizeBytes !== undefined) refuseUnlessFile(place);
  const isLink = place.kind === 'link';
  await applyChanges(changes, {
    truncate: (sizeBytes) => truncateThing(place, sizeBytes),
    chmod: (mode) => place.calls.chmod(place.thing, mode),
    chown: (uid, gid) => (isLink ? fs.lchown(place.entry, uid, gid) : fs.chown(place.thing, uid, gid)),
    utimes: (accessed, modified) =>
      isLink ? fs.lutimes(place.entry, accessed, modified) : place.calls.utimes(place.thing, accessed, modified),
  });
}

async function truncateThing(place: Place, sizeBytes: number): Promise<void> {
  const calls = callsFor(place.calls, place.stats?.size);
  const descriptor = await place.open(RESIZE_FLAGS);
  try {
    await calls.ftruncate(descriptor, sizeBytes);
  } finally {
    await calls.close(descriptor);
  }
}

/** Tells the permit what was found, and no more: it has no use for host paths. */
function ask(permit: Permit, { path, kind }: Place): void {
  permit({ path, kind });
}

/** Of two names of one file, rename(2) takes neither away. */
function isSameThing({ stats }: Place, target: Place): boolean {
  return stats !== undefined && stats.ino === target.stats?.ino && stats.dev === target.stats.dev;
}

function missingOr(place: Place, code: FileErrorCode, path: VirtualPath): FileError {
  return new FileError(place.kind === undefined ? 'not-found' : code, { path });
}
