// The files and folders that one session has open, and the handles by which the client names them. A handle is 16
// random bytes: one that was not given out in this session, or was closed, is never found.

import { randomBytes } from 'node:crypto';
import { FileError } from '../model/error.ts';
import type { CloseOptions, Directory, OpenFile } from '../model/files.ts';
import { STATUS } from './codec/constants.ts';
import type { Name } from './codec/responses.ts';
import { StatusError } from './status.ts';

const HANDLE_BYTES = 16;

interface FileHandle {
  readonly kind: 'file';
  readonly file: OpenFile;
  /** What OPEN asked for. */
  readonly readable: boolean;
  readonly writable: boolean;
}

export interface DirectoryHandle {
  readonly kind: 'directory';
  readonly directory: Directory;
  /** Read from the folder, but not sent yet. Undefined before the first READDIR. */
  waiting: Name[] | undefined;
  /** What comes after them, being read. */
  ahead: Promise<Name[]> | undefined;
  isAtEnd: boolean;
}

export type Handle = FileHandle | DirectoryHandle;

export interface HandleTable {
  /**
   * Opens something and gives it a handle. A place in the table is taken before anything is opened.
   *
   * @throws FileError `too-many-open` when all places are taken, or what `open` throws
   */
  add(open: () => Promise<Handle>): Promise<Buffer>;
  /** @throws StatusError if `id` is not the handle of an open file */
  file(id: Buffer): FileHandle;
  /** @throws StatusError if `id` is not the handle of an open folder */
  directory(id: Buffer): DirectoryHandle;
  /** Forgets a handle, so that no later request finds it; `close` must follow. @throws StatusError if it is none */
  take(id: Buffer): Handle;
  /** Closes what was taken, and frees its place. */
  close(handle: Handle, options?: CloseOptions): Promise<void>;
  /** Closes all, as nobody else will: files as abandoned. Resolves to the errors; there is nobody to answer them to. */
  closeAll(): Promise<unknown[]>;
  /** How many places are taken. */
  readonly size: number;
}

/** Random bytes for the next handles: to ask for 16 costs as much as to ask for 4096. */
let randomness: Buffer = Buffer.alloc(0);

function newId(): Buffer {
  if (randomness.length < HANDLE_BYTES) randomness = randomBytes(256 * HANDLE_BYTES);
  const id = randomness.subarray(0, HANDLE_BYTES);
  randomness = randomness.subarray(HANDLE_BYTES);
  return id;
}

export function createHandleTable(limit: number): HandleTable {
  const handles = new Map<string, Handle>();
  let size = 0;

  function find(id: Buffer): Handle {
    const handle = id.length === HANDLE_BYTES ? handles.get(id.toString('latin1')) : undefined;
    if (handle === undefined) throw invalidHandle();
    return handle;
  }

  async function close(handle: Handle, options?: CloseOptions): Promise<void> {
    try {
      await (handle.kind === 'file' ? handle.file.close(options) : handle.directory.close());
    } finally {
      size -= 1;
    }
  }

  return {
    async add(open) {
      if (size >= limit) {
        throw new FileError('too-many-open', { detail: `a session may have ${limit} files and folders open` });
      }
      size += 1;
      let handle: Handle;
      try {
        handle = await open();
      } catch (error) {
        size -= 1;
        throw error;
      }
      const id = newId();
      handles.set(id.toString('latin1'), handle);
      return id;
    },
    file(id) {
      const handle = find(id);
      if (handle.kind !== 'file') throw invalidHandle();
      return handle;
    },
    directory(id) {
      const handle = find(id);
      if (handle.kind !== 'directory') throw invalidHandle();
      return handle;
    },
    take(id) {
      const handle = find(id);
      handles.delete(id.toString('latin1'));
      return handle;
    },
    close,
    async closeAll() {
      const open = [...handles.values()];
      handles.clear();
      const outcomes = await Promise.allSettled(open.map((handle) => close(handle, { abandon: true })));
      return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    },
    get size() {
      return size;
    },
  };
}

function invalidHandle(): StatusError {
  return new StatusError(STATUS.failure, 'Invalid handle');
}
