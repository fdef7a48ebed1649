// The jail on Linux: a home is a held descriptor, and no path of the host is ever followed by the kernel through more
// than one name. Node has no openat(2); "/proc/<process>/fd/<descriptor>/<name>" is the same call by another spelling: the
// kernel jumps to the folder that the descriptor holds, wherever it has been moved, and looks up one name in it. Checks
// of path strings, and of realpath, can't do this: between the check and the use, a race wins (test/storage/race).
//
// On a local disk the walk is synchronous and cheap (about 2 µs a folder), and so is the look at what stands there, for as
// long as the disks are prompt (promptness.ts). When they are not, and where a folder on the way may be on a file system
// that hangs (mounts.ts), every step is made in libuv's pool, and so is every question about what was found.

import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { decodeBytes } from '../model/bytes.ts';
import type { EntryKind } from '../model/entry.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { VirtualPath } from '../model/path.ts';
import { ALONE, type Standing } from './border.ts';
import { type ContentCalls, SLOW_CONTENT } from './content-calls.ts';
import { type Hanging, hangingOf, type Mounts, mountsNow, type WalkMode } from './mounts.ts';
import {
  entryOf,
  type Grip,
  type HostPath,
  type Jail,
  type JailOptions,
  kindOf,
  type LastLink,
  type Place,
} from './place.ts';
import { type Answer, type LocalCalls, type NameCalls, SLOW_CALLS } from './system-calls.ts';
import { type Footing, type LookedUp, MAX_LINKS, type SlowFooting, type Spot, walk, walkAside } from './walk.ts';

/** open(2): a hold on the thing itself. Opens nothing, so it can't hang on a FIFO or rewind a tape. Not in Node's constants. */
export const O_PATH = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW } = constants;

/** Enters a folder: fails with ENOTDIR on a link, whatever it leads to. */
const ENTER = O_PATH | O_DIRECTORY | O_NOFOLLOW;
/** Takes hold of anything, a link included, without following it. */
const HOLD = O_PATH | O_NOFOLLOW;

/** Opens the folder at `host` as the home of a jail; a link in the last name is refused (ENOTDIR). */
export async function openJail(host: HostPath, { walkMode, local, standing = ALONE }: JailOptions): Promise<Jail> {
  const home = await SLOW_CALLS.open(host, ENTER);
  try {
    return new HeldJail({ home, standing, guess: await guessOf(home, walkMode), local });
  } catch (error) {
    closeSync(home);
    throw error;
  }
}

/** Tells whether a home may hang, as the mounts are now. */
interface Guess {
  readonly first: Hanging;
  now(): Hanging | Promise<Hanging>;
}

async function guessOf(home: number, walkMode: WalkMode): Promise<Guess> {
  if (walkMode !== 'auto') {
    const always = walkMode === 'sync' ? 'never' : 'wholly';
    return { first: always, now: () => always };
  }
  // What the kernel says of a descriptor waits for no disk either: a thread would cost more than the answer.
  const info = readFileSync(`/proc/self/fdinfo/${home}`, 'latin1');
  const mountId = Number(/^mnt_id:\s*(\d+)$/m.exec(info)?.[1]);
  // The home can be moved, too. To ask where a descriptor leads waits for no disk.
  const look = (mounts: Mounts): Hanging =>
    hangingOf(mounts, { mountId, path: readlinkSync(heldPath(home), 'latin1') });
  let seen = await mountsNow();
  let hanging = look(seen);
  const lookAgain = (mounts: Mounts): Hanging => {
    if (mounts !== seen) {
      seen = mounts;
      hanging = look(mounts);
    }
    return hanging;
  };
  return {
    first: hanging,
    now: () => {
      const mounts = mountsNow();
      return mounts instanceof Promise ? mounts.then(lookAgain) : lookAgain(mounts);
    },
  };
}

class HeldJail implements Jail {
  readonly at: VirtualPath;
  readonly makesLinks = true;
  readonly hanging: Hanging;
  readonly #home: number;
  readonly #guess: Guess;
  readonly #local: LocalCalls;
  readonly #footing: Footing<number>;
  readonly #slowFooting: SlowFooting<number>;
  /** Places that are open. While there are any, the home's descriptor must not be closed: its number would be given
   * to somebody else's file, and a call under way would act there. */
  #users = 0;
  #closed = false;

  constructor(parts: { home: number; standing: Standing; guess: Guess; local: LocalCalls }) {
    const { home, standing, guess, local } = parts;
    this.at = standing.at;
    this.#home = home;
    this.#guess = guess;
    this.#local = local;
    this.hanging = guess.first;
    this.#footing = { home, standing, look, leave: closeSync };
    this.#slowFooting = { home, standing, look: lookAside, leave: closeSync };
  }

  async find(path: VirtualPath, last: LastLink, grip: Grip): Promise<Place> {
    if (this.#closed) throw new FileError('closed', { path });
    this.#users += 1;
    let found: HeldPlace | undefined;
    try {
      const guess = this.#guess.now();
      const mayHang = (typeof guess === 'string' ? guess : await guess) !== 'never';
      found = await this.#walkTo(path, 'keep', { grip, mayHang });
      // Whether the last name is a link is known only now. One that is put there anew each time we come back from
      // the walk that followed the one before is a chain of links, too.
      for (let tries = 0; last === 'follow' && found.kind === 'link'; tries += 1) {
        found.release();
        found = undefined;
        if (tries === MAX_LINKS) throw new FileError('link-loop', { path });
        found = await this.#walkTo(path, 'follow', { grip, mayHang });
      }
      return found;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  hostOf(descriptor: number): HostPath {
    return heldPath(descriptor);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#users === 0) closeSync(this.#home);
  }

  async #walkTo(path: VirtualPath, last: LastLink, how: How): Promise<HeldPlace> {
    const { promptness } = this.#local;
    const spot =
      how.mayHang || !promptness.isPrompt
        ? await walkAside(this.#slowFooting, path, last)
        : promptness.atOnce(() => walk(this.#footing, path, last));
    return this.#hold(spot, how);
  }

  /** Takes hold of what stands at `spot`. From here on the folder of the spot belongs to the place that is returned. */
  async #hold(spot: Spot<number>, { grip, mayHang }: How): Promise<HeldPlace> {
    const isHome = spot.name === '';
    const folder = spot.folder === this.#home ? undefined : spot.folder;
    const entry = isHome ? heldPath(this.#home) : entryOf(heldPath(spot.folder), spot.name);
    const host = heldPath(spot.folder);
    const onClose = (): void => this.#leave();
    const calls = mayHang ? SLOW_CALLS : this.#local;
    const content = mayHang ? SLOW_CONTENT : this.#local.content;
    const held: Held = { path: spot.path, entry, host, folder, thing: undefined, mayHang, calls, content, onClose };
    try {
      if (!isHome) {
        if (grip !== 'hold') {
          // An error costs more than a look.
          const stats = await calls.lstat(entry);
          if (stats === undefined || grip === 'look') return new HeldPlace(held, stats);
        }
        held.thing = await calls.open(entry, HOLD);
      }
      const thing = held.thing ?? this.#home;
      // What was just opened on a local disk is in memory.
      return new HeldPlace(held, mayHang ? await calls.fstat(thing) : fstatSync(thing));
    } catch (error) {
      if (errnoName(error) === 'ENOENT') return new HeldPlace(held, undefined);
      if (held.thing !== undefined) closeSync(held.thing);
      if (folder !== undefined) closeSync(folder);
      throw error;
    }
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#closed && this.#users === 0) closeSync(this.#home);
  }
}

/** How a place is looked up. */
interface How {
  readonly grip: Grip;
  readonly mayHang: boolean;
}

/** What a place keeps open. */
interface Held {
  readonly path: VirtualPath;
  readonly entry: HostPath;
  readonly host: HostPath;
  /** The folder of the entry, unless that is the home. */
  readonly folder: number | undefined;
  /** What stands there, unless nothing does or it is the home. */
  thing: number | undefined;
  readonly mayHang: boolean;
  readonly calls: NameCalls;
  readonly content: ContentCalls;
  readonly onClose: () => void;
}

class HeldPlace implements Place {
  readonly path: VirtualPath;
  readonly kind: EntryKind | undefined;
  readonly stats: Stats | undefined;
  readonly mayHang: boolean;
  readonly calls: NameCalls;
  readonly content: ContentCalls;
  readonly folder: HostPath;
  readonly entry: HostPath;
  readonly thing: HostPath;
  readonly #held: Held;
  #released = false;

  constructor(held: Held, stats: Stats | undefined) {
    this.#held = held;
    this.path = held.path;
    this.stats = stats;
    this.mayHang = held.mayHang;
    this.calls = held.calls;
    this.content = held.content;
    this.kind = stats === undefined ? undefined : kindOf(stats);
    this.folder = held.host;
    this.entry = held.entry;
    this.thing = held.thing === undefined ? held.entry : heldPath(held.thing);
  }

  open(flags: number): Answer<number> {
    // Through our own descriptor, so without O_NOFOLLOW: "/proc/<process>/fd/N" is itself a link, to exactly what we hold.
    return this.calls.open(this.thing, flags);
  }

  create(flags: number, mode: number): Answer<number> {
    return this.calls.open(this.entry, flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  }

  close(): void {
    if (this.#released) return;
    this.release();
    this.#held.onClose();
  }

  /** Closes what this place keeps open, but still counts as a user of the home. */
  release(): void {
    this.#released = true;
    if (this.#held.thing !== undefined) closeSync(this.#held.thing);
    if (this.#held.folder !== undefined) closeSync(this.#held.folder);
  }
}

/** A path to what a descriptor holds, wherever it is by now. */
export function heldPath(descriptor: number): string {
  return `${OWN_DESCRIPTORS}/${descriptor}`;
}

/**
 * `/proc/self/fd`, but by number: to follow the link `self` at each call takes as long as all the rest of it. The number is the
 * one that this /proc has for us, which may be that of another namespace.
 */
const OWN_DESCRIPTORS = `/proc/${ownNumber()}/fd`;

function ownNumber(): string {
  try {
    return readlinkSync('/proc/self');
  } catch {
    // Not Linux, or without /proc: chooseJail finds out.
    return 'self';
  }
}

function look(folder: number, name: string, mayEnter: boolean): LookedUp<number> | undefined {
  const entry = entryOf(heldPath(folder), name);
  try {
    if (mayEnter) return { entered: openSync(entry, ENTER) };
  } catch (error) {
    if (errnoName(error) !== 'ENOTDIR') throw error;
  }
  try {
    return { target: decodeBytes(readlinkSync(entry, 'buffer')) };
  } catch (error) {
    return noLink(error);
  }
}

async function lookAside(folder: number, name: string, mayEnter: boolean): Promise<LookedUp<number> | undefined> {
  const entry = entryOf(heldPath(folder), name);
  try {
    if (mayEnter) return { entered: await SLOW_CALLS.open(entry, ENTER) };
  } catch (error) {
    if (errnoName(error) !== 'ENOTDIR') throw error;
  }
  try {
    return { target: decodeBytes(await SLOW_CALLS.readLink(entry)) };
  } catch (error) {
    return noLink(error);
  }
}

/** Nothing to follow is no error; what else went wrong is one. */
function noLink(error: unknown): undefined {
  const code = errnoName(error);
  if (code !== 'EINVAL' && code !== 'ENOENT') throw error;
}
