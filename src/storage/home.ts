// Finds or makes a user's home, and opens it. The one place where a user's name becomes part of a host path.

import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import { isName, ROOT } from '../model/path.ts';
import { type JailKind, openJailOf } from './choose-jail.ts';
import { type DiskStorageParts, openDiskStorage } from './disk.ts';
import type { WalkMode } from './mounts.ts';
import type { Jail } from './place.ts';
import type { Storage } from './storage.ts';
import type { Device } from './turns.ts';

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
  /** What else the storage is made of, once it is known what the home is on. */
  partsOn?: (device: Device) => Partial<Omit<DiskStorageParts, 'jail'>>;
}): Promise<Storage> {
  const { homesDirectory, user, jail: kind, walkMode = 'auto', partsOn } = home;
  if (!isName(user)) throw new FileError('invalid-path', { path: ROOT, detail: 'the user name is no file name' });
  const host = join(homesDirectory, user);
  try {
    await makeIfMissing(host);
    const { dev } = await lstat(host);
    const jail = await openJailOf[kind](host, walkMode);
    return openDiskStorage({ ...partsOn?.(jail.hanging === 'partly' ? 'mixed' : dev), jail });
  } catch (error) {
    throw homeError(error, host);
  }
}

/** Opens the home of `user` to look through it; undefined when there is none. */
export async function openHomeJail(home: {
  homesDirectory: string;
  user: string;
  jail: JailKind;
  walkMode: WalkMode;
}): Promise<Jail | undefined> {
  const { homesDirectory, user, jail, walkMode } = home;
  if (!isName(user)) return undefined;
  try {
    return await openJailOf[jail](join(homesDirectory, user), walkMode);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the folder that holds the homes when it is not there, for nobody but the server to enter. */
export async function makeHomesDirectory(homesDirectory: string): Promise<void> {
  await mkdir(homesDirectory, { recursive: true, mode: 0o700 });
}

async function makeIfMissing(host: string): Promise<void> {
  try {
    await mkdir(host, { mode: 0o700 });
  } catch (error) {
    // What stands there is looked at when it is opened, and not followed if it is a link.
    if (errnoName(error) !== 'EEXIST') throw error;
  }
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
