// Promise forms of the system calls that take descriptors. Bare numbers instead of Node's FileHandle: a handle that is
// forgotten is closed by the garbage collector, at a time nobody chose, and costs an object for each file.

import * as fs from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errnoName } from '../model/errno.ts';
import type { HostPath } from './place.ts';

export const openDescriptor: (path: HostPath, flags: number, mode?: number) => Promise<number> = promisify(fs.open);
export const readLinkBytes: (path: HostPath) => Promise<Buffer> = (path) => readlink(path, { encoding: 'buffer' });
export const closeDescriptor: (descriptor: number) => Promise<void> = promisify(fs.close);
export const statDescriptor: (descriptor: number) => Promise<fs.Stats> = promisify(fs.fstat);
export const syncDescriptor: (descriptor: number) => Promise<void> = promisify(fs.fsync);
export const truncateDescriptor: (descriptor: number, sizeBytes: number) => Promise<void> = promisify(fs.ftruncate);
export const changeMode: (descriptor: number, mode: number) => Promise<void> = promisify(fs.fchmod);
export const changeOwner: (descriptor: number, uid: number, gid: number) => Promise<void> = promisify(fs.fchown);
export const changeTimes: (descriptor: number, accessed: Date | number, modified: Date | number) => Promise<void> =
  promisify(fs.futimes);

export async function lstatIfThere(entry: HostPath): Promise<fs.Stats | undefined> {
  try {
    return await lstat(entry);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}
