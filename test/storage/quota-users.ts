// Users of a home with a quota, for tests that do anything in any order; and what they compare with the disk.

import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { LinkClosedError } from '../../src/cluster/link.ts';
import { isFileError } from '../../src/model/error.ts';
import type { OpenFile, OpenOptions } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { IN_PLACE, type UploadPolicy } from '../../src/storage/upload-policy.ts';
import { ALICE, type CountedTrees, makeTrees, usageOnDisk } from './counted-trees.ts';

const LIMIT_BYTES = 400;
const LIMIT_FILES = 7;
const SESSIONS = 2;
const allow = (): void => undefined;
const both = { from: allow, to: allow };

const path = fc.constantFrom('/a', '/b', '/c', '/folder', '/folder/a', '/folder/b', '/other');
const bytes = fc.integer({ min: 0, max: 200 });
const session = fc.nat({ max: SESSIONS - 1 });
const handle = fc.nat({ max: 5 });
const options: fc.Arbitrary<OpenOptions> = fc.constantFrom(
  { read: true },
  { write: true },
  { write: true, create: true },
  { write: true, create: true, truncate: true },
  { write: true, create: true, truncate: true },
  { write: true, create: true, whole: true },
  { write: true, create: true, exclusive: true },
  { write: true, create: true, append: true },
  { write: true, append: true, truncate: true },
);

type Operation =
  | { does: 'open'; session: number; path: string; options: OpenOptions }
  | { does: 'write'; handle: number; offset: number; length: number }
  | { does: 'resize'; handle: number; size: number }
  | { does: 'close'; handle: number; abandon: boolean }
  | { does: 'setSize'; session: number; path: string; size: number }
  | { does: 'makeDirectory' | 'remove' | 'removeDirectory'; session: number; path: string }
  | { does: 'rename'; session: number; path: string; to: string; replace: boolean }
  | { does: 'makeLink' | 'makeHardLink'; session: number; path: string; to: string };

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('open' as const), session, path, options }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('write' as const), handle, offset: bytes, length: bytes }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('resize' as const), handle, size: bytes }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('close' as const), handle, abandon: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('setSize' as const), session, path, size: bytes }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('makeDirectory' as const), session, path }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('remove' as const), session, path }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('removeDirectory' as const), session, path }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('rename' as const), session, path, to: path, replace: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('makeLink' as const), session, path, to: path }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('makeHardLink' as const), session, path, to: path }) },
);

export class Users {
  readonly trees: CountedTrees;
  readonly #sessions: readonly Storage[];
  #open: Array<{ readonly session: number; readonly file: OpenFile }> = [];
  /** The session whose process is gone. */
  #gone: number | undefined;
  readonly #underWay = new Set<{ readonly session: number | undefined; readonly done: Promise<void> }>();

  constructor(trees: CountedTrees, sessions: readonly Storage[]) {
    this.trees = trees;
    this.#sessions = sessions;
  }

  /** Does it; what the server refuses is an answer, too. */
  async try(operation: Operation): Promise<void> {
    const session = 'session' in operation ? operation.session : this.#open[operation.handle]?.session;
    if (session !== undefined && session === this.#gone) return;
    const done = this.#do(operation);
    const own = { session, done };
    this.#underWay.add(own);
    try {
      await done;
    } catch (error) {
      if (!isFileError(error) && !(error instanceof LinkClosedError && this.#gone !== undefined)) throw error;
    } finally {
      this.#underWay.delete(own);
    }
  }

  async #do(operation: Operation): Promise<void> {
    const storage = 'session' in operation ? this.#session(operation.session) : this.#session(0);
    switch (operation.does) {
      case 'open': {
        const file = await storage.open(at(operation.path), operation.options, allow);
        this.#open.push({ session: operation.session, file });
        return;
      }
      case 'write':
        return this.#file(operation.handle)?.write(Buffer.alloc(operation.length, 'x'), operation.offset);
      case 'resize':
        return this.#file(operation.handle)?.setAttributes({ sizeBytes: operation.size });
      case 'close': {
        const [closing] = this.#open.splice(operation.handle, 1);
        return closing?.file.close({ abandon: operation.abandon });
      }
      case 'setSize':
        return storage.setAttributes(at(operation.path), { sizeBytes: operation.size }, true, allow);
      case 'makeDirectory':
        return storage.makeDirectory(at(operation.path), undefined, allow);
      case 'remove':
        return storage.remove(at(operation.path), allow);
      case 'removeDirectory':
        return storage.removeDirectory(at(operation.path), allow);
      case 'rename':
        return storage.rename(at(operation.path), at(operation.to), operation.replace, both);
      case 'makeLink':
        return storage.makeLink(at(operation.path), operation.to, allow);
      case 'makeHardLink':
        return storage.makeHardLink(at(operation.to), at(operation.path), { existing: allow, path: allow });
      default:
        operation satisfies never;
    }
  }

  async closeAll(): Promise<void> {
    await Promise.allSettled(this.#open.splice(0).map(({ file }) => file.close()));
  }

  /** The process of a session is gone, in the midst of it: it can tell nothing, and does what it had begun. */
  async kill(session: number): Promise<void> {
    const process = this.trees.elsewhere[session];
    this.#gone = session;
    process?.cut();
    await Promise.allSettled([...this.#underWay].filter((one) => one.session === session).map(({ done }) => done));
    const own = this.#open.filter((open) => open.session === session);
    this.#open = this.#open.filter((open) => open.session !== session);
    await Promise.allSettled(own.map(({ file }) => file.close()));
    await process?.gone();
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** Throws unless what is counted is what is there, and within the limits. */
  async check(t: ExecutionContext, after: unknown): Promise<void> {
    const counted = await this.trees.used();
    if (counted === undefined) return;
    const text = JSON.stringify(after);
    // What one that is gone was writing in place of another file is beside that one now, and counted.
    const isWithin = counted.bytes <= LIMIT_BYTES && counted.files <= LIMIT_FILES;
    t.true(isWithin || this.#gone !== undefined, `${JSON.stringify(counted)} after ${text}`);
    if (this.openCount === 0) t.deepEqual(await usageOnDisk(this.trees.home), counted, `on the disk after ${text}`);
    t.deepEqual(await this.trees.quotas.scan(ALICE), counted, `by a scan after ${text}`);
  }

  #session(index: number): Storage {
    const storage = this.#sessions[index];
    if (storage === undefined) throw new Error('no such session');
    return storage;
  }

  #file(index: number): OpenFile | undefined {
    return this.#open[index]?.file;
  }
}

export async function makeUsers(t: ExecutionContext, mode: Mode): Promise<Users> {
  const trees = await makeTrees(t, { quota: { bytes: LIMIT_BYTES, files: LIMIT_FILES }, ...mode });
  return new Users(trees, [await trees.session(), await trees.session()]);
}

export interface Mode {
  readonly uploads: UploadPolicy;
  readonly processes: number;
  readonly aheadBytes?: number;
}

const ATOMIC: UploadPolicy = { mode: 'atomic', sync: 'off', keepMs: 60_000 };
export const MODES: Readonly<Record<string, Mode>> = {
  'in place': { uploads: IN_PLACE, processes: 1 },
  atomic: { uploads: ATOMIC, processes: 1 },
  'in place, by two processes': { uploads: IN_PLACE, processes: 2 },
  'atomic, by two processes': { uploads: ATOMIC, processes: 2 },
  'by two processes that pay ahead': { uploads: IN_PLACE, processes: 2, aheadBytes: 16 },
  'atomic, by two processes that pay ahead': { uploads: ATOMIC, processes: 2, aheadBytes: 16 },
};
