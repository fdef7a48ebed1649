// System calls by bare descriptors and held paths. Numbers instead of Node's FileHandle: a handle that is forgotten is
// closed by the garbage collector, at a time nobody chose, and costs an object for each file.

import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { promisify } from 'node:util';
import { errnoName } from '../model/errno.ts';
import { type ContentCalls, createLocalContent } from './content-calls.ts';
import type { HostPath } from './place.ts';
import { Promptness } from './promptness.ts';

/** The answer, or the promise of it: `await` takes both, and the first costs no turn of the event loop. */
export type Answer<T> = T | Promise<T>;

/** Calls that look up, make or remove names, or ask about what is open; none moves content. All fail as the system does. */
export interface NameCalls {
  /** Whether the next call is made at once. */
  readonly isPrompt: boolean;
  openDirectory(path: HostPath, namesReadAhead: number): Answer<fs.Dir>;
  /** The next name, as bytes; undefined at the end. */
  readDirectory(directory: fs.Dir): Answer<Uint8Array | undefined>;
  closeDirectory(directory: fs.Dir): Answer<void>;
  open(path: HostPath, flags: number, mode?: number): Answer<number>;
  close(descriptor: number): Answer<void>;
  fstat(descriptor: number): Answer<fs.Stats>;
  /** Undefined when nothing is there: that is asked too often to be an error each time. */
  lstat(entry: HostPath): Answer<fs.Stats | undefined>;
  readLink(entry: HostPath): Answer<Buffer>;
  unlink(entry: HostPath): Answer<void>;
  makeDirectory(entry: HostPath, mode: number): Answer<void>;
  removeDirectory(entry: HostPath): Answer<void>;
  rename(from: HostPath, to: HostPath): Answer<void>;
  link(existing: HostPath, entry: HostPath): Answer<void>;
  symlink(target: Buffer, entry: HostPath): Answer<void>;
  chmod(path: HostPath, mode: number): Answer<void>;
  fchmod(descriptor: number, mode: number): Answer<void>;
  utimes(path: HostPath, accessed: Date | number, modified: Date | number): Answer<void>;
  futimes(descriptor: number, accessed: Date | number, modified: Date | number): Answer<void>;
  /** Freeing much takes long: see `callsFor`. */
  ftruncate(descriptor: number, sizeBytes: number): Answer<void>;
}

/** Node's types leave it out, but fs.opendir takes it, and it alone keeps names that are not UTF-8. */
const AS_BYTES = 'buffer' as BufferEncoding;

function nameIn(entry: fs.Dirent | null): Uint8Array | undefined {
  return entry === null ? undefined : (entry.name as unknown as Uint8Array);
}

/** Each of them in a thread of libuv's pool, where a disk may take its time. */
export const SLOW_CALLS: NameCalls = {
  isPrompt: false,
  openDirectory: (path, bufferSize) => promises.opendir(path, { encoding: AS_BYTES, bufferSize }),
  readDirectory: async (directory) => nameIn(await directory.read()),
  closeDirectory: (directory) => directory.close(),
  open: promisify(fs.open),
  close: promisify(fs.close),
  fstat: promisify(fs.fstat),
  lstat: lstatIfThere,
  readLink: (entry) => promises.readlink(entry, 'buffer'),
  unlink: (entry) => promises.unlink(entry),
  makeDirectory: (entry, mode) => promises.mkdir(entry, { mode }).then(() => undefined),
  removeDirectory: (entry) => promises.rmdir(entry),
  rename: (from, to) => promises.rename(from, to),
  link: (existing, entry) => promises.link(existing, entry),
  symlink: (target, entry) => promises.symlink(target, entry),
  chmod: (path, mode) => promises.chmod(path, mode),
  fchmod: promisify(fs.fchmod),
  utimes: (path, accessed, modified) => promises.utimes(path, accessed, modified),
  futimes: promisify(fs.futimes),
  ftruncate: promisify(fs.ftruncate),
};

const QUICK_CALLS = {
  openDirectory: (path, bufferSize) => fs.opendirSync(path, { encoding: AS_BYTES, bufferSize }),
  readDirectory: (directory) => nameIn(directory.readSync()),
  closeDirectory: (directory) => directory.closeSync(),
  open: fs.openSync,
  close: fs.closeSync,
  fstat: (descriptor) => fs.fstatSync(descriptor),
  lstat: (entry) => fs.lstatSync(entry, { throwIfNoEntry: false }),
  readLink: (entry) => fs.readlinkSync(entry, 'buffer'),
  unlink: fs.unlinkSync,
  makeDirectory: (entry, mode) => void fs.mkdirSync(entry, { mode }),
  removeDirectory: (entry) => fs.rmdirSync(entry),
  rename: fs.renameSync,
  link: fs.linkSync,
  symlink: (target, entry) => fs.symlinkSync(target, entry),
  chmod: fs.chmodSync,
  fchmod: fs.fchmodSync,
  utimes: fs.utimesSync,
  futimes: fs.futimesSync,
  ftruncate: fs.ftruncateSync,
} satisfies Omit<NameCalls, 'isPrompt'>;

type Call = (...words: never[]) => Answer<unknown>;

/** The calls on the disks of this machine, shared by all homes. */
export interface LocalCalls extends NameCalls {
  readonly promptness: Promptness;
  readonly content: ContentCalls;
}

/** Makes each call at once while the disks are prompt, and else in a thread. */
export function createLocalCalls(promptness: Promptness = new Promptness()): LocalCalls {
  const names = Object.keys(QUICK_CALLS) as (keyof typeof QUICK_CALLS)[];
  const either = (name: keyof typeof QUICK_CALLS): Call => {
    const [quick, slow] = [QUICK_CALLS[name] as Call, SLOW_CALLS[name] as Call];
    return (...words) =>
      promptness.isPrompt ? promptness.atOnce(() => quick(...words)) : promptness.aside(async () => slow(...words));
  };
  const calls = Object.fromEntries(names.map((name) => [name, either(name)])) as unknown as typeof QUICK_CALLS;
  return {
    ...calls,
    promptness,
    content: createLocalContent(),
    get isPrompt() {
      return promptness.isPrompt;
    },
  };
}

/** Above this a file is large: to free its blocks, or to bring what was written of it on its way, is no quick call. */
const LARGE_BYTES = 4 * 1024 * 1024;

/** How to make a call that may free, or flush, a file of this size. */
export function callsFor(calls: NameCalls, sizeBytes: number | undefined): NameCalls {
  return sizeBytes !== undefined && sizeBytes > LARGE_BYTES ? SLOW_CALLS : calls;
}

export const syncDescriptor: (descriptor: number) => Promise<void> = promisify(fs.fsync);
export const changeOwner: (descriptor: number, uid: number, gid: number) => Promise<void> = promisify(fs.fchown);

async function lstatIfThere(entry: HostPath): Promise<fs.Stats | undefined> {
  try {
    return await promises.lstat(entry);
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return undefined;
    throw error;
  }
}
