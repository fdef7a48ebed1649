// What a jail gives to the disk: a place in a home, held so that nothing swapped in later can lead elsewhere. The jail
// alone turns virtual paths into host paths; everything above it sees a host path only here, and shows it to nobody.

import type { Stats } from 'node:fs';
import { encodeBytes } from '../model/bytes.ts';
import type { EntryKind } from '../model/entry.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Standing } from './border.ts';
import type { ContentCalls } from './content-calls.ts';
import type { Hanging, WalkMode } from './mounts.ts';
import type { Answer, LocalCalls, NameCalls } from './system-calls.ts';

/** A path for a system call; a Buffer where a name is not valid UTF-8. */
export type HostPath = string | Buffer;

/** Whether a link in the last name of a path is followed. Links above the last name always are. */
export type LastLink = 'follow' | 'keep';

/**
 * Whether a place keeps hold of what stands there, for calls on `thing`, or has only looked at it, for calls on names.
 * `hold-if-there`: as `hold`, but most likely nothing is there.
 */
export type Grip = 'hold' | 'hold-if-there' | 'look';

/** A name in a folder of the home, and what stood there when it was looked up. Close it after use. */
export interface Place {
  /** Where it really is: all links that were to be followed are resolved. */
  readonly path: VirtualPath;
  /** What was there, a link not followed; both undefined when nothing was. */
  readonly kind: EntryKind | undefined;
  readonly stats: Stats | undefined;
  /** Whether its file system may be one that hangs: then no call on it, on its descriptors either, may be synchronous. */
  readonly mayHang: boolean;
  /** How calls on names are made there. */
  readonly calls: NameCalls;
  /** How content is moved there. */
  readonly content: ContentCalls;
  /** The folder that it stands in; the home for the home itself. */
  readonly folder: HostPath;
  /** The name in its folder, for calls that act on names and don't follow links: unlink, mkdir, rename, lstat. */
  readonly entry: HostPath;
  /**
   * The very thing that was there, for calls that take a path and follow links: chmod, opendir, statfs. Not to be used where
   * it was only looked at.
   */
  readonly thing: HostPath;
  /** Opens the very thing that was there, and answers with its descriptor. */
  open(flags: number): Answer<number>;
  /** Makes a new file; fails with EEXIST if anything is there, a link included. Answers with its descriptor. */
  create(flags: number, mode: number): Answer<number>;
  close(): void;
}

/** How a jail is opened. */
export interface JailOptions {
  readonly walkMode: WalkMode;
  /** Where nothing hangs, calls are made so. */
  readonly local: LocalCalls;
  /** Alone unless told. */
  readonly standing?: Standing;
}

/** The way into one home, or shared folder, and never out of it. */
export interface Jail {
  /** The virtual path of the home. */
  readonly at: VirtualPath;
  /**
   * Looks `path` up.
   *
   * @throws FileError `link-loop`, `not-a-directory`, `invalid-path`, `closed`; or the error of a system call; or Crossing.
   */
  find(path: VirtualPath, last: LastLink, grip: Grip): Promise<Place>;
  /** What of the home may hang, as it was when the home was opened. */
  readonly hanging: Hanging;
  /** Whether it can make a symbolic link without risk, and give a link a second name. */
  readonly makesLinks: boolean;
  /** A host path for asking about the file system under an open descriptor. */
  hostOf(descriptor: number): HostPath;
  /** Lets go of the home as soon as the last place in it is closed. */
  close(): void;
}

/** The host path of the entry `name` of the folder at `folder`. */
export function entryOf(folder: HostPath, name: string): HostPath {
  if (typeof folder === 'string' && name.isWellFormed()) return `${folder}/${name}`;
  return Buffer.concat([typeof folder === 'string' ? Buffer.from(folder) : folder, SLASH, encodeBytes(name)]);
}

export function kindOf(stats: Stats): EntryKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

const SLASH = Buffer.from('/');
