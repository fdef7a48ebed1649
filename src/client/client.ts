// The client as programs use it: the verbs of the command line, over one connection. Paths are those of the server;
// one that is not absolute begins at the user's home.

import type { Readable, Writable } from 'node:stream';
import type { Attributes, Entry } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { parentOf, parsePath, ROOT, type VirtualPath } from '../model/path.ts';
import type { ConnectionError } from './connection-error.ts';
import { deleteTree } from './delete-tree.ts';
import { downloadBuffer, downloadFile, downloadStream, readBeginning } from './download.ts';
import type { HostKey } from './host-key.ts';
import { statLocal } from './local-files.ts';
import { readEntries } from './read-entries.ts';
import type { Session } from './session.ts';
import type { TransferOptions, TransferResult } from './transfer.ts';
import { downloadTree, makeRemoteDirectory, uploadTree } from './tree-transfer.ts';
import { uploadContent, uploadFile } from './upload.ts';

/** How much `preview` shows. */
export const PREVIEW_BYTES: number = 1024;

/** A connection to a server. Every method fails with a FileError; after the connection has ended, with `closed`. */
export interface Client {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: HostKey;
  /** Where paths begin that are not absolute. */
  readonly home: VirtualPath;
  /** All file operations, as the server itself has them. */
  readonly files: Files;
  /** Resolves when the connection has ended: to undefined after `quit`, to the reason otherwise. Never rejects. */
  readonly closed: Promise<ConnectionError | undefined>;

  /** The entries of a folder (the home unless told), in the order of the server; a million at most. */
  list(path?: string): Promise<Entry[]>;
  /** What is at `path`, through links. */
  stat(path: string): Promise<Attributes>;
  /**
   * Uploads a local file (or folder, with `recursive`) by its path, what a stream gives, or bytes in memory, to become
   * the remote file (or folder) `path`.
   */
  upload(source: string | Readable | Uint8Array, path: string, options?: TransferOptions): Promise<TransferResult>;
  /** Downloads the remote file into memory. */
  download(path: string, options?: TransferOptions): Promise<Buffer>;
  /**
   * Downloads the remote file (or folder, with `recursive`), to become the local file (or folder) `target`, or into a
   * stream, which is ended. A file is kept as `NAME.sshome-part` until it is complete.
   */
  download(path: string, target: string | Writable, options?: TransferOptions): Promise<TransferResult>;
  /** The first bytes of a file: 1,024 unless told. */
  preview(path: string, options?: { readonly bytes?: number }): Promise<Buffer>;
  /** Deletes a file or link, an empty folder, or with `recursive` a folder with all that is in it. */
  delete(path: string, options?: { readonly recursive?: boolean; readonly signal?: AbortSignal }): Promise<void>;
  /** Renames or moves. An existing target is `already-exists`, unless `replace` is set. */
  move(from: string, to: string, options?: { readonly replace?: boolean }): Promise<void>;
  /** Makes a folder; with `parents` also those above it, and an existing one is no error. */
  makeDirectory(path: string, options?: { readonly parents?: boolean }): Promise<void>;
  /** Ends the connection. Calling it twice is allowed. */
  quit(): Promise<void>;
}

export function createClient(parts: {
  session: Session;
  files: Files;
  host: string;
  port: number;
  user: string;
  hostKey: HostKey;
  home: VirtualPath;
  closed: Promise<ConnectionError | undefined>;
  end: () => Promise<void>;
}): Client {
  const { session, files, home } = parts;
  const at = (path: string): VirtualPath => parsePath(path, home);

  const upload = async (
    source: string | Readable | Uint8Array,
    path: string,
    options: TransferOptions = {},
  ): Promise<TransferResult> => {
    const remote = at(path);
    if (typeof source !== 'string') {
      if (options.resume === true)
        throw new FileError('unsupported', { path: remote, detail: 'a stream has no resume' });
      return { files: 1, bytes: await uploadContent(session, source, remote, options), failures: 0 };
    }
    if (options.recursive === true && (await statLocal(source)).isDirectory()) {
      return uploadTree({ session, files }, { local: source, remote }, options);
    }
    return { files: 1, bytes: await uploadFile(session, source, remote, options), failures: 0 };
  };

  const downloadTo = async (
    path: VirtualPath,
    target: string | Writable,
    options: TransferOptions,
  ): Promise<TransferResult> => {
    if (typeof target !== 'string') {
      if (options.resume === true) throw new FileError('unsupported', { path, detail: 'a stream has no resume' });
      return { files: 1, bytes: await downloadStream(session, path, target, options), failures: 0 };
    }
    if (options.recursive === true && (await files.stat(path)).kind === 'directory') {
      return downloadTree({ session, files }, { local: target, remote: path }, options);
    }
    return { files: 1, bytes: await downloadFile(session, path, target, options), failures: 0 };
  };

  function download(path: string, options?: TransferOptions): Promise<Buffer>;
  function download(path: string, target: string | Writable, options?: TransferOptions): Promise<TransferResult>;
  async function download(
    path: string,
    target: string | Writable | TransferOptions = {},
    options: TransferOptions = {},
  ): Promise<Buffer | TransferResult> {
    if (typeof target === 'string' || isWritable(target)) return downloadTo(at(path), target, options);
    return downloadBuffer(session, at(path), target);
  }

  return {
    host: parts.host,
    port: parts.port,
    user: parts.user,
    hostKey: parts.hostKey,
    home,
    files,
    closed: parts.closed,
    list: async (path = '') => readEntries(files, at(path)),
    stat: async (path) => files.stat(at(path)),
    upload,
    download,
    preview: async (path, { bytes = PREVIEW_BYTES } = {}) => readBeginning(session, at(path), bytes),
    async delete(path, { recursive = false, signal } = {}) {
      const target = at(path);
      const { kind } = await files.lstat(target);
      if (kind !== 'directory') await files.remove(target);
      else if (recursive) await deleteTree(files, target, signal);
      else await files.removeDirectory(target);
    },
    move: async (from, to, options) => files.rename(at(from), at(to), options),
    async makeDirectory(path, { parents = false } = {}) {
      if (parents) await makeWithParents(files, at(path));
      else await files.makeDirectory(at(path));
    },
    quit: parts.end,
  };
}

async function makeWithParents(files: Files, path: VirtualPath): Promise<void> {
  try {
    await makeRemoteDirectory(files, path);
  } catch (error) {
    if (!isFileError(error, 'not-found') || path === ROOT) throw error;
    await makeWithParents(files, parentOf(path));
    await makeRemoteDirectory(files, path);
  }
}

function isWritable(target: Writable | TransferOptions): target is Writable {
  return 'write' in target && typeof target.write === 'function';
}
