// The two sides that patterns are expanded on: the server, and this machine.

import { resolve } from 'node:path';
import type { Client } from '../client/client.ts';
import { findLocal, listLocal } from '../client/local-files.ts';
import { isEntryName } from '../client/remote-directory.ts';
import { isFileError } from '../model/error.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import type { GlobSide } from './glob.ts';

/** Relative paths begin at `base`. */
export function remoteSide(client: Client, base: VirtualPath): GlobSide {
  return {
    async names(folder) {
      const entries = await ifReadable(client.list(parsePath(folder, base)));
      // A server may send any name: one with "/" would stand for what the pattern does not.
      return entries?.map(({ name }) => name).filter(isEntryName);
    },
    async exists(path) {
      return (await ifReadable(client.files.lstat(parsePath(path, base)))) !== undefined;
    },
  };
}

/** Relative paths begin at `base`. */
export function localSide(base: string): GlobSide {
  return {
    async names(folder) {
      const entries = await ifReadable(listLocal(resolve(base, folder)));
      return entries?.map(({ name }) => name);
    },
    async exists(path) {
      return (await ifReadable(findLocal(resolve(base, path)))) !== undefined;
    },
  };
}

async function ifReadable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isFileError(error) && error.code !== 'closed' && error.code !== 'cancelled') return undefined;
    throw error;
  }
}
