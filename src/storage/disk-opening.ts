// How a file of a home is opened: in place, or, for an atomic upload, aside. Knows which uploads of its session are
// growing: to the session that writes a file, its name means what is being written, as clients ask how far they are.

import { constants, fstatSync } from 'node:fs';
import { permissionBits } from '../model/checks.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import type { ActiveUploads } from './active-uploads.ts';
import { DiskFile } from './disk-file.ts';
import type { HeldFile } from './held-file.ts';
import type { Meter } from './meter.ts';
import type { HostPath, Place } from './place.ts';
import type { Permit } from './storage.ts';
import { type Answer, callsFor } from './system-calls.ts';
import type { Turns } from './turns.ts';
import { beginAside, type Ending, letGoOf, resumeAside, syncFolder } from './upload-aside.ts';
import type { UploadPolicy } from './upload-policy.ts';

// O_NONBLOCK: should it be a FIFO after all, open(2) answers instead of waiting for a writer in libuv's small pool.
// O_CLOEXEC is added by libuv. Never O_TRUNC: a file is emptied once it is known to be a regular one that may be written.
const { O_APPEND, O_NOCTTY = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** For changing the size of a file that is not opened for anybody. */
export const RESIZE_FLAGS: number = O_WRONLY | O_NONBLOCK | O_NOCTTY;

export interface OpeningParts {
  readonly uploads: UploadPolicy;
  /** Those of all homes. */
  readonly active: ActiveUploads;
  readonly turns: Turns;
  readonly meter: Meter;
  readonly maxFileBytes: () => number;
  /** A host path for asking about the file system under a descriptor. */
  readonly hostOf: (descriptor: number) => HostPath;
}

/** What is asked for. */
export interface Opening {
  readonly place: Place;
  readonly options: OpenOptions;
  readonly permit: Permit;
}

/** A file that was opened. With an `end` it needs its place until then. */
interface Opened {
  readonly descriptor: number;
  readonly sizeBytes: number;
  readonly held: HeldFile | undefined;
  readonly end?: (how: Ending) => Promise<void>;
  /** Of one that is written aside: to be called instead of `end` where that can't be. */
  readonly forsake?: () => Promise<void>;
}

export class DiskOpening {
  readonly #parts: OpeningParts;
  readonly #growing = new Map<VirtualPath, DiskFile>();

  constructor(parts: OpeningParts) {
    this.#parts = parts;
  }

  /** The upload of this session that will replace what is at `place`; the latest, if there are several. */
  growingAt(place: Place): OpenFile | undefined {
    return this.#growing.get(place.path);
  }

  /**
   * Opens the file at `place`, which the permit allowed, or makes it, and takes the place over; undefined when
   * something came there meanwhile.
   */
  async open(opening: Opening): Promise<OpenFile | undefined> {
    const { place } = opening;
    let opened: Opened | undefined;
    try {
      opened = await this.#open(opening);
      return opened === undefined ? undefined : this.#fileOf(opened, opening);
    } finally {
      if (opened?.end === undefined) place.close();
    }
  }

  async #open(opening: Opening): Promise<Opened | undefined> {
    const { place, options } = opening;
    const isThere = place.kind !== undefined;
    if (isThere && options.exclusive === true) throw new FileError('already-exists', { path: place.path });
    if (isThere) refuseUnlessFile(place);
    const isAtomic = this.#parts.uploads.mode === 'atomic';
    if (options.write === true && (isAtomic || this.#parts.meter.isCounting)) {
      const startsOver = options.append !== true && (options.truncate === true || options.whole === true);
      if (!startsOver && this.#growing.has(place.path)) {
        throw new FileError('busy', { path: place.path, detail: 'an upload of this file is under way' });
      }
      if (!isThere && isAtomic) return this.#openFreePlace(opening);
      // Where there is a quota, too: it may not be enough, and then what was there must still be.
      if (isThere && startsOver) return this.#openReplacement(opening);
    }
    return isThere ? this.#openThing(opening) : this.#create(opening);
  }

  /** Whoever does not start over goes on with what was cut off, if it was. */
  async #openFreePlace(opening: Opening): Promise<Opened | undefined> {
    const { place, options } = opening;
    if (options.truncate !== true && options.whole !== true && options.exclusive !== true) {
      const resumed = await resumeAside(this.#asideParts(opening));
      if (resumed !== undefined) return { ...resumed, sizeBytes: 0 };
    }
    if (options.create !== true) throw new FileError('not-found', { path: place.path });
    const begun = await beginAside({ ...this.#asideParts(opening), mode: options.mode ?? 0o666 });
    return { ...begun, sizeBytes: 0 };
  }

  async #openReplacement(opening: Opening): Promise<Opened> {
    // Who may not write to the file may not replace it either.
    await opening.place.calls.close((await openFile(opening)).descriptor);
    const begun = await beginAside({ ...this.#asideParts(opening), mode: 0 });
    return { ...begun, sizeBytes: 0 };
  }

  #asideParts({ place, options, permit }: Opening) {
    const { uploads, active, meter } = this.#parts;
    const flags = flagsOf(options);
    // Nobody goes on with what was cut off where uploads are made in place.
    const policy = uploads.mode === 'atomic' ? uploads : { ...uploads, keepMs: 0 };
    return { place, flags, policy, active, meter, permit, exclusive: options.exclusive === true };
  }

  async #create({ place, options }: Opening): Promise<Opened | undefined> {
    if (options.create !== true) throw new FileError('not-found', { path: place.path });
    const { meter } = this.#parts;
    let descriptor: number;
    try {
      const mode = permissionBits(options.mode ?? 0o666);
      descriptor = await meter.making(() => place.create(flagsOf(options), mode));
    } catch (error) {
      // The permit was told that nothing is there: it must be asked again.
      if (errnoName(error) === 'EEXIST') return undefined;
      throw error;
    }
    const opened = { descriptor, sizeBytes: 0, held: await holdOrClose(meter, descriptor, place) };
    // The name of a new file is in its folder.
    return this.#parts.uploads.sync === 'close'
      ? { ...opened, end: (how) => (how === 'finished' ? syncFolder(place.folder) : Promise.resolve()) }
      : opened;
  }

  async #openThing(opening: Opening): Promise<Opened> {
    const { descriptor, sizeBytes } = await openFile(opening);
    const held = await holdOrClose(this.#parts.meter, descriptor, opening.place);
    if (opening.options.truncate !== true) return { descriptor, sizeBytes, held };
    const calls = callsFor(opening.place.calls, sizeBytes);
    const empty = (): Answer<void> => calls.ftruncate(descriptor, 0);
    try {
      await (held === undefined ? empty() : held.resizing(0, async () => empty()));
      return { descriptor, sizeBytes: 0, held };
    } catch (error) {
      await letGoOf({ calls, descriptor, held });
      throw error;
    }
  }

  #fileOf(opened: Opened, { place, options }: Opening): OpenFile {
    const { uploads, turns, maxFileBytes, hostOf } = this.#parts;
    const { descriptor, sizeBytes, held, end } = opened;
    const isAside = opened.forsake !== undefined;
    const file: DiskFile = new DiskFile({
      descriptor,
      held,
      endReleases: isAside,
      maxFileBytes,
      path: place.path,
      options,
      host: hostOf(descriptor),
      turns,
      sizeBytes,
      calls: place.calls,
      content: place.content,
      mayHang: place.mayHang,
      sync: uploads.sync,
      syncsOnClose: uploads.sync === 'close' || (isAside && uploads.sync !== 'off'),
      ...(end === undefined ? {} : { end: (how) => this.#end(opened, place, file, () => end(how)) }),
    });
    if (isAside) this.#growing.set(place.path, file);
    return file;
  }

  /** Also where names can't be changed, as when nobody can tell what is counted: then the file is forsaken. */
  async #end({ forsake }: Opened, place: Place, file: DiskFile, end: () => Promise<void>): Promise<void> {
    const { turns, meter } = this.#parts;
    let isEnding = false;
    const inTurn = async (): Promise<void> => {
      isEnding = true;
      try {
        await end();
      } finally {
        this.#hasGrown(place, file);
      }
    };
    try {
      await (forsake === undefined ? turns.run(inTurn) : meter.exclusively(() => turns.run(inTurn)));
    } catch (error) {
      // What keeps names from being changed may keep this from being told, too: the first error says why.
      if (!isEnding) await forsake?.().catch(() => undefined);
      throw error;
    } finally {
      this.#hasGrown(place, file);
      place.close();
    }
  }

  #hasGrown(place: Place, file: DiskFile): void {
    if (this.#growing.get(place.path) === file) this.#growing.delete(place.path);
  }
}

async function holdOrClose(meter: Meter, descriptor: number, place: Place): Promise<HeldFile | undefined> {
  try {
    return await meter.hold(descriptor, place.mayHang);
  } catch (error) {
    await letGoOf({ calls: place.calls, descriptor });
    throw error;
  }
}

/** The descriptor has the last word. What was just opened on a local disk is in memory: no need to wait elsewhere. */
async function openFile({ place, options }: Opening): Promise<{ descriptor: number; sizeBytes: number }> {
  const descriptor = await place.open(flagsOf(options));
  try {
    const stats = place.mayHang ? await place.calls.fstat(descriptor) : fstatSync(descriptor);
    if (stats.isFile()) return { descriptor, sizeBytes: stats.size };
  } catch (error) {
    await letGoOf({ calls: place.calls, descriptor });
    throw error;
  }
  await place.calls.close(descriptor);
  throw new FileError('permission-denied', { path: place.path });
}

/** O_APPEND: two who append never meet. See DiskFile. */
function flagsOf({ read, write, append }: OpenOptions): number {
  const access = write !== true ? O_RDONLY : read === true ? O_RDWR : O_WRONLY;
  return access | O_NONBLOCK | O_NOCTTY | (append === true ? O_APPEND : 0);
}

export function refuseUnlessFile({ kind, path }: Place): void {
  if (kind === 'file') return;
  throw new FileError(kind === 'directory' ? 'is-a-directory' : 'permission-denied', { path });
}
