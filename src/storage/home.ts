// Finds or makes the folder of a home or of a shared folder, and opens it. The one place where the name of a user or of
// a folder becomes part of a host path.

import type { Stats } from 'node:fs';
import { lstat, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import { makeFolders } from '../model/make-folders.ts';
import { isName, ROOT } from '../model/path.ts';
import { ALONE, type Standing } from './border.ts';
import { type JailKind, openJailOf } from './choose-jail.ts';
import { type DiskStorageParts, openDiskStorage } from './disk.ts';
import type { WalkMode } from './mounts.ts';
import type { Jail } from './place.ts';
import type { Storage } from './storage.ts';
import { createLocalCalls, type LocalCalls, SLOW_CALLS } from './system-calls.ts';
import type { Device } from './turns.ts';

/** A home or shared folder that was opened. */
export interface Tree {
  readonly jail: Jail;
  /** What it is on. */
  readonly device: Device;
  /** Whether its name still leads to the folder that was opened. */
  isStill(): Promise<boolean>;
}

/** How homes and shared folders are opened. */
export interface TreeParts {
  /** The folder of the host that holds it. */
  readonly directory: string;
  readonly name: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  readonly local: LocalCalls;
  readonly standing: Standing;
}

/**
 * Opens the home of `user`, `homesDirectory`/`user`, and makes it (mode 0700) at the first login.
 *
 * @throws FileError `not-a-directory` when something else, a link included, stands in its place; the host path is in
 * the cause alone.
 */
export async function openHome(home: {
  homesDirectory: string;
  user: string;
  jail: JailKind;
  /** `auto` unless told. */
  walkMode?: WalkMode;
  /** Shared by all homes of a server. */
  local?: LocalCalls;
  /** Alone unless told. */
  standing?: Standing;
  /** What else the storage is made of, once it is known what the home is on. */
  partsOn?: (device: Device) => Partial<Omit<DiskStorageParts, 'jail'>>;
}): Promise<Storage> {
  const { homesDirectory, user, jail: kind, walkMode = 'auto', local = createLocalCalls(), partsOn } = home;
  const { standing = ALONE } = home;
  if (!isName(user)) throw new FileError('invalid-path', { path: ROOT, detail: 'the user name is no file name' });
  try {
    const parts = { directory: homesDirectory, name: user, jail: kind, walkMode, local, standing };
    const { jail, device } = await openTree(parts);
    return openDiskStorage({ ...partsOn?.(device), jail });
  } catch (error) {
    throw homeError(error, join(homesDirectory, user));
  }
}

/** Opens `directory`/`name`, and makes it (mode 0700) when it is not there. @throws the error of a system call, FileError */
export async function openTree({ directory, name, jail: kind, ...options }: TreeParts): Promise<Tree> {
  const host = join(directory, name);
  const { dev, ino } = (await SLOW_CALLS.lstat(host)) ?? (await make(host));
  const jail = await openJailOf[kind](host, options);
  return {
    jail,
    device: jail.hanging === 'partly' ? 'mixed' : dev,
    isStill: async () => {
      const there = await SLOW_CALLS.lstat(host);
      return there?.dev === dev && there.ino === ino;
    },
  };
}

/** Opens `directory`/`name` to look through it; undefined when nothing is there. */
export async function openTreeJail({
  directory,
  name,
  jail,
  ...options
}: Omit<TreeParts, 'standing'>): Promise<Jail | undefined> {
  if (!isName(name)) return undefined;
  try {
    return await openJailOf[jail](join(directory, name), options);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the folder that holds the homes, or the shared folders, when it is not there, for nobody but the server to enter. */
export async function makeHomesDirectory(homesDirectory: string): Promise<void> {
  await makeFolders({ mkdir, stat }, homesDirectory, 0o700);
}

async function make(host: string): Promise<Stats> {
  try {
    await mkdir(host, { mode: 0o700 });
  } catch (error) {
    // What stands there is looked at when it is opened, and not followed if it is a link.
    if (errnoName(error) !== 'EEXIST') throw error;
  }
  return lstat(host);
}

function homeError(error: unknown, host: string): unknown {
  const name = errnoName(error);
  if (name === undefined) return error;
  const notAFolder = name === 'ENOTDIR' || name === 'ELOOP';
  return new FileError(notAFolder ? 'not-a-directory' : 'io-error', {
    path: ROOT,
    detail: 'the home of this user cannot be used',
    cause: new Error(notAFolder ? `${host} is not a folder; a link is not followed here` : `cannot open ${host}`, {
      cause: error,
    }),
  });
}
