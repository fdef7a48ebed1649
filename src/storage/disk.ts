// One home on the disk: each operation finds its places through the jail, asks the permit, and acts. Nothing is
// changed, opened or told before the permit was asked. Knows no users and no rights.

import { constants, fstatSync, lstatSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError, type FileErrorCode } from '../model/error.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import { ROOT, type VirtualPath } from '../model/path.ts';
import { checkChanges, checkLinkTarget, checkOpenOptions, permissionBits } from './checks.ts';
import { applyChanges, attributesOf, spaceOf } from './disk-attributes.ts';
import { DiskDirectory, NAMES_READ_AHEAD } from './disk-directory.ts';
import { diskError, errorNumberName } from './disk-error.ts';
import { DiskFile } from './disk-file.ts';
import type { Jail, LastLink, Place } from './place.ts';
import type { Permit, Storage } from './storage.ts';
import { closeDescriptor, truncateDescriptor } from './system-calls.ts';

// O_NONBLOCK: should it be a FIFO after all, open(2) answers instead of waiting for a writer in libuv's small pool.
// O_CLOEXEC is added by libuv. Never O_APPEND (disk-file.ts) and never O_TRUNC: a file is emptied once it is known
// to be a regular one that may be written.
const { O_NOCTTY = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** How often an open starts over because the file came or went while it was looked at. */
const MAX_OPEN_TRIES = 16;

/** The storage of the home behind `jail`, which it closes. */
export function openDiskStorage({ jail }: { jail: Jail }): Storage {
  return new DiskStorage(jail);
}

class DiskStorage implements Storage {
  readonly #jail: Jail;

  constructor(jail: Jail) {
    this.#jail = jail;
  }

  async list(path: VirtualPath, permit: Permit): Promise<Directory> {
    let place: Place | undefined;
    try {
      place = await this.#jail.find(path, 'follow');
      ask(permit, place);
      if (place.kind !== 'directory') throw missingOr(place, 'not-a-directory', path);
      // Node's types leave 'buffer' out, which fs.opendir takes and which alone keeps names that are not UTF-8.
      const encoding = 'buffer' as BufferEncoding;
      const dir = await fs.opendir(place.thing, { encoding, bufferSize: NAMES_READ_AHEAD });
      return new DiskDirectory({ place, dir });
    } catch (error) {
      place?.close();
      throw diskError(error, path);
    }
  }

  stat(path: VirtualPath, followLinks: boolean, permit: Permit): Promise<Attributes> {
    return this.#at(path, followLinks ? 'follow' : 'keep', async (place) => {
      ask(permit, place);
      if (place.stats === undefined) throw new FileError('not-found', { path });
      return attributesOf(place.stats);
    });
  }

  async open(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile> {
    checkOpenOptions(options, path);
    for (let tries = 0; tries < MAX_OPEN_TRIES; tries += 1) {
      const file = await this.#at(path, options.exclusive === true ? 'keep' : 'follow', (place) => {
        ask(permit, place);
        return place.kind === undefined ? this.#create(place, options, path) : this.#openThing(place, options, path);
      });
      if (file !== undefined) return file;
    }
    throw new FileError('busy', { path });
  }

  makeDirectory(path: VirtualPath, mode: number | undefined, permit: Permit): Promise<void> {
    return this.#at(path, 'keep', async (place) => {
      ask(permit, place);
      if (place.kind !== undefined) throw new FileError('already-exists', { path });
      await fs.mkdir(place.entry, { mode: permissionBits(mode ?? 0o777) });
    });
  }

  remove(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#at(path, 'keep', async (place) => {
      ask(permit, place);
      refuseHome(place, path);
      if (place.kind === undefined || place.kind === 'directory') throw missingOr(place, 'is-a-directory', path);
      await fs.unlink(place.entry);
    });
  }

  removeDirectory(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#at(path, 'keep', async (place) => {
      ask(permit, place);
      refuseHome(place, path);
      if (place.kind !== 'directory') throw missingOr(place, 'not-a-directory', path);
      await fs.rmdir(place.entry);
    });
  }

  rename(from: VirtualPath, to: VirtualPath, replace: boolean, permits: { from: Permit; to: Permit }): Promise<void> {
    return this.#at(from, 'keep', (source) =>
      this.#at(to, 'keep', async (target) => {
        ask(permits.from, source);
        ask(permits.to, target);
        refuseHome(source, from);
        refuseHome(target, to);
        if (source.kind === undefined) throw new FileError('not-found', { path: from });
        if (replace) return fs.rename(source.entry, target.entry);
        if (target.kind !== undefined) throw new FileError('already-exists', { path: to });
        return this.#moveToFreeName(source, target);
      }),
    );
  }

  setAttributes(path: VirtualPath, changes: AttributeChanges, followLinks: boolean, permit: Permit): Promise<void> {
    return this.#at(path, followLinks ? 'follow' : 'keep', async (place) => {
      ask(permit, place);
      checkChanges(changes, path);
      if (place.kind === undefined) throw new FileError('not-found', { path });
      if (changes.mode !== undefined && place.kind === 'link') throw new FileError('unsupported', { path });
      if (changes.sizeBytes !== undefined) refuseUnlessFile(place, path);
      const isLink = place.kind === 'link';
      await applyChanges(changes, {
        truncate: (sizeBytes) => truncateThing(place, sizeBytes),
        chmod: (mode) => fs.chmod(place.thing, mode),
        chown: (uid, gid) => (isLink ? fs.lchown(place.entry, uid, gid) : fs.chown(place.thing, uid, gid)),
        utimes: (accessed, modified) =>
          isLink ? fs.lutimes(place.entry, accessed, modified) : fs.utimes(place.thing, accessed, modified),
      });
    });
  }

  readLink(path: VirtualPath, permit: Permit): Promise<string> {
    return this.#at(path, 'keep', async (place) => {
      ask(permit, place);
      if (place.kind !== 'link') throw missingOr(place, 'invalid-argument', path);
      return decodeBytes(await fs.readlink(place.entry, 'buffer'));
    });
  }

  makeLink(path: VirtualPath, target: string, permit: Permit): Promise<void> {
    return this.#at(path, 'keep', async (place) => {
      ask(permit, place);
      checkLinkTarget(target, path);
      if (place.kind !== undefined) throw new FileError('already-exists', { path });
      if (!this.#jail.makesLinks) throw new FileError('unsupported', { path });
      await fs.symlink(encodeBytes(target), place.entry);
    });
  }

  makeHardLink(existing: VirtualPath, path: VirtualPath, permits: { existing: Permit; path: Permit }): Promise<void> {
    return this.#at(existing, 'keep', (source) =>
      this.#at(path, 'keep', async (target) => {
        ask(permits.existing, source);
        ask(permits.path, target);
        if (source.kind === undefined || source.kind === 'directory') {
          throw missingOr(source, 'permission-denied', existing);
        }
        if (target.kind !== undefined) throw new FileError('already-exists', { path });
        // Outside Linux link(2) follows a link, which leads where nobody has looked.
        if (source.kind === 'link' && !this.#jail.makesLinks) throw new FileError('unsupported', { path: existing });
        await fs.link(source.entry, target.entry);
      }),
    );
  }

  realPath(path: VirtualPath, permit: Permit): Promise<VirtualPath> {
    return this.#at(path, 'follow', async (place) => {
      ask(permit, place);
      return place.path;
    });
  }

  space(path: VirtualPath, permit: Permit): Promise<Space> {
    return this.#at(path, 'follow', async (place) => {
      ask(permit, place);
      if (place.kind === undefined) throw new FileError('not-found', { path });
      return spaceOf(await fs.statfs(place.thing));
    });
  }

  close(): void {
    this.#jail.close();
  }

  /** Finds `path`, lets `act` work there, and lets go of it. Errors of the system come out as FileErrors. */
  async #at<T>(path: VirtualPath, last: LastLink, act: (place: Place) => Promise<T>): Promise<T> {
    try {
      const place = await this.#jail.find(path, last);
      try {
        return await act(place);
      } finally {
        place.close();
      }
    } catch (error) {
      throw diskError(error, path);
    }
  }

  /** Makes the file at a free `place`; undefined when the place is no longer free. */
  async #create(place: Place, options: OpenOptions, path: VirtualPath): Promise<OpenFile | undefined> {
    if (options.create !== true) throw new FileError('not-found', { path });
    try {
      const descriptor = await place.create(openFlags(options), permissionBits(options.mode ?? 0o666));
      return this.#fileOf(descriptor, place, options);
    } catch (error) {
      // The permit was told that nothing is there: it must be asked again.
      if (errorNumberName(error) === 'EEXIST') return undefined;
      throw error;
    }
  }

  /** Opens what is at `place`; undefined when it is gone by now. */
  async #openThing(place: Place, options: OpenOptions, path: VirtualPath): Promise<OpenFile | undefined> {
    if (options.exclusive === true) throw new FileError('already-exists', { path });
    refuseUnlessFile(place, path);
    const descriptor = await place.open(openFlags(options));
    try {
      // The descriptor has the last word. What was just opened is in the kernel's memory: no need to wait elsewhere.
      if (!fstatSync(descriptor).isFile()) throw new FileError('permission-denied', { path });
      if (options.truncate === true) await truncateDescriptor(descriptor, 0);
      return this.#fileOf(descriptor, place, options);
    } catch (error) {
      await closeDescriptor(descriptor);
      throw error;
    }
  }

  #fileOf(descriptor: number, place: Place, options: OpenOptions): OpenFile {
    return new DiskFile({ descriptor, path: place.path, options, host: this.#jail.hostOf(descriptor) });
  }

  /**
   * A rename that can't replace anything. rename(2) would: so a file gets the new name as a second one, which fails if
   * that exists, and then loses the old one, as in OpenSSH's sftp-server.
   */
  async #moveToFreeName(source: Place, target: Place): Promise<void> {
    const canLink = source.kind !== 'directory' && (source.kind !== 'link' || this.#jail.makesLinks);
    if (!canLink || !(await linked(source, target))) {
      // Folders have one name only, and some file systems know no other. What may be lost to a race here is an empty
      // folder, or, on such a file system, a file made at the same instant.
      if (lstatSync(target.entry, { throwIfNoEntry: false }) !== undefined) {
        throw new FileError('already-exists', { path: target.path });
      }
      return fs.rename(source.entry, target.entry);
    }
    try {
      await fs.unlink(source.entry);
    } catch (error) {
      await fs.unlink(target.entry);
      throw error;
    }
  }
}

/** Whether `target` is now a second name of `source`; false where that can't be, for this file or any. */
async function linked(source: Place, target: Place): Promise<boolean> {
  try {
    await fs.link(source.entry, target.entry);
    return true;
  } catch (error) {
    const name = errorNumberName(error);
    // EPERM: no hard links on this file system (FAT), or the kernel's protected_hardlinks.
    if (name === 'EPERM' || name === 'EMLINK' || name === 'ENOTSUP' || name === 'ENOSYS') return false;
    throw error;
  }
}

async function truncateThing(place: Place, sizeBytes: number): Promise<void> {
  const descriptor = await place.open(O_WRONLY | O_NONBLOCK | O_NOCTTY);
  try {
    await truncateDescriptor(descriptor, sizeBytes);
  } finally {
    await closeDescriptor(descriptor);
  }
}

function openFlags({ read, write }: OpenOptions): number {
  const access = write !== true ? O_RDONLY : read === true ? O_RDWR : O_WRONLY;
  return access | O_NONBLOCK | O_NOCTTY;
}

/** Tells the permit what was found, and no more: it has no use for host paths. */
function ask(permit: Permit, { path, kind }: Place): void {
  permit({ path, kind });
}

function missingOr(place: Place, code: FileErrorCode, path: VirtualPath): FileError {
  return new FileError(place.kind === undefined ? 'not-found' : code, { path });
}

function refuseUnlessFile(place: Place, path: VirtualPath): void {
  if (place.kind === 'file') return;
  throw new FileError(place.kind === 'directory' ? 'is-a-directory' : 'permission-denied', { path });
}

function refuseHome(place: Place, path: VirtualPath): void {
  if (place.path === ROOT) throw new FileError('permission-denied', { path, detail: 'this is the home itself' });
}
