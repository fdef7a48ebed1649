// The files on this machine, for transfers: names are bytes here too, and every error is a FileError.

import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import { isFileError } from '../model/error.ts';
import { makeFolders } from '../model/make-folders.ts';
import { localError } from './local-error.ts';

export interface LocalEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
}

export interface LocalFile {
  readonly path: string;
  stat(): Promise<Stats>;
  read(target: Buffer, offset: number): Promise<number>;
  /** Writes all of it at `offset`. */
  write(data: Buffer, offset: number): Promise<void>;
  setTimes(accessedMs: number, modifiedMs: number): Promise<void>;
  setMode(mode: number): Promise<void>;
  close(): Promise<void>;
}

export type LocalOpenMode =
  /** To read. */
  | 'read'
  /** A new file to write; fails when anything is there, a link too. */
  | 'create'
  /** A file that is there, to read and write. */
  | 'update';

const FLAGS: Readonly<Record<LocalOpenMode, number>> = {
  read: constants.O_RDONLY,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
  update: constants.O_RDWR,
};

/** @param bits the permission bits of a file that is made, less the umask. */
export async function openLocal(path: string, mode: LocalOpenMode, bits = 0o666): Promise<LocalFile> {
  const file = await guarded(path, () => fs.open(encodeBytes(path), FLAGS[mode], bits));
  return {
    path,
    stat: () => guarded(path, () => file.stat()),
    async read(target, offset) {
      let bytes = 0;
      while (bytes < target.length) {
        const at = bytes;
        const { bytesRead } = await guarded(path, () => file.read(target, at, target.length - at, offset + at));
        if (bytesRead === 0) break;
        bytes += bytesRead;
      }
      return bytes;
    },
    async write(data, offset) {
      // A disk that becomes full takes a part without an error.
      let written = 0;
      while (written < data.length) {
        const at = written;
        const { bytesWritten } = await guarded(path, () => file.write(data, at, data.length - at, offset + at));
        written += bytesWritten;
      }
    },
    setTimes: (accessedMs, modifiedMs) => guarded(path, () => file.utimes(accessedMs / 1000, modifiedMs / 1000)),
    setMode: (mode) => guarded(path, () => file.chmod(mode)),
    close: () => guarded(path, () => file.close()),
  };
}

/** What is at `path`, through links. */
export function statLocal(path: string): Promise<Stats> {
  return guarded(path, () => fs.stat(encodeBytes(path)));
}

/** What is at `path`, through links; undefined when nothing is. */
export async function findLocal(path: string): Promise<Stats | undefined> {
  try {
    return await statLocal(path);
  } catch (error) {
    if (isFileError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** The entries of a folder, in the order of their names. */
export async function listLocal(path: string): Promise<LocalEntry[]> {
  const entries = await guarded(path, () => fs.readdir(encodeBytes(path), { withFileTypes: true, encoding: 'buffer' }));
  return entries
    .map((entry) => ({
      name: decodeBytes(entry.name),
      kind: entry.isFile()
        ? ('file' as const)
        : entry.isDirectory()
          ? ('directory' as const)
          : entry.isSymbolicLink()
            ? ('link' as const)
            : ('other' as const),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Makes a folder, and the ones above it. */
export async function makeLocalDirectory(path: string): Promise<void> {
  const calls = {
    mkdir: (folder: string, options: { mode: number }) => fs.mkdir(encodeBytes(folder), options),
    stat: (folder: string) => fs.stat(encodeBytes(folder)),
  };
  await guarded(path, () => makeFolders(calls, path));
}

/** Removes a file; nothing there is no error. */
export async function removeLocal(path: string): Promise<void> {
  await guarded(path, () => fs.rm(encodeBytes(path), { force: true }));
}

export async function renameLocal(from: string, to: string): Promise<void> {
  await guarded(to, () => fs.rename(encodeBytes(from), encodeBytes(to)));
}

/** Where `path` leads, links resolved. */
export function realLocal(path: string): Promise<string> {
  return guarded(path, async () => decodeBytes(await fs.realpath(encodeBytes(path), { encoding: 'buffer' })));
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw localError(error, path);
  }
}
