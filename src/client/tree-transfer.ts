// Whole folders up and down: walks one side, makes the folders on the other, and moves several files at a time, for
// small files cost a round trip for each step. Symbolic links are left out and reported, never followed.

import { join } from 'node:path';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, type VirtualPath } from '../model/path.ts';
import { concurrently } from './concurrently.ts';
import { downloadFile } from './download.ts';
import { listLocal, makeLocalDirectory } from './local-files.ts';
import { readEntries } from './read-entries.ts';
import { isEntryName } from './remote-directory.ts';
import type { Session } from './session.ts';
import { cancellable, checkSignal, type TransferOptions, type TransferResult } from './transfer.ts';
import { uploadFile } from './upload.ts';

const FILES_AT_ONCE = 8;

interface Pair {
  readonly local: string;
  readonly remote: VirtualPath;
}

interface Side {
  readonly session: Session;
  readonly files: Files;
}

/** Uploads the local folder `local`, which becomes the remote folder `remote` (or is merged into it). */
export function uploadTree(side: Side, pair: Pair, options: TransferOptions): Promise<TransferResult> {
  return transferTree(options, {
    walk: (tally) => localFiles(side, pair, tally),
    move: ({ local, remote }, moving) => uploadFile(side.session, local, remote, moving),
    nameOf: ({ local }) => local,
  });
}

/** Downloads the remote folder `remote`, which becomes the local folder `local` (or is merged into it). */
export function downloadTree(side: Side, pair: Pair, options: TransferOptions): Promise<TransferResult> {
  return transferTree(options, {
    walk: (tally) => remoteFiles(side, pair, tally),
    move: ({ local, remote }, moving) => downloadFile(side.session, remote, local, moving),
    nameOf: ({ remote }) => remote,
  });
}

/** What goes on in spite of a failure, and counts them. */
interface Tally {
  readonly signal: AbortSignal;
  attempt(path: string, work: () => Promise<void>): Promise<void>;
}

async function transferTree(
  options: TransferOptions,
  {
    walk,
    move,
    nameOf,
  }: {
    walk: (tally: Tally) => AsyncIterable<Pair>;
    move: (pair: Pair, options: TransferOptions) => Promise<number>;
    nameOf: (pair: Pair) => string;
  },
): Promise<TransferResult> {
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  let files = 0;
  let bytes = 0;
  let failures = 0;
  const attempt: Tally['attempt'] = async (path, work) => {
    try {
      await work();
    } catch (error) {
      const fatal = !isFileError(error) || error.code === 'cancelled' || error.code === 'closed';
      if (fatal || options.onFailure === undefined) {
        failed.abort(error);
        throw error;
      }
      failures += 1;
      options.onFailure({ path, error });
    }
  };
  await concurrently(walk({ signal, attempt }), FILES_AT_ONCE, (pair) =>
    attempt(nameOf(pair), async () => {
      bytes += await move(pair, { ...options, signal });
      files += 1;
    }),
  );
  return { files, bytes, failures };
}

/** The files below a local folder. The remote folders are made on the way. */
async function* localFiles(side: Side, { local, remote }: Pair, tally: Tally): AsyncGenerator<Pair, void> {
  checkSignal(tally.signal, local);
  let entries: Awaited<ReturnType<typeof listLocal>> = [];
  await tally.attempt(local, async () => {
    entries = await listLocal(local);
    await cancellable(makeRemoteDirectory(side.files, remote), tally.signal, remote);
  });
  for (const { name, kind } of entries) {
    const pair = { local: join(local, name), remote: joinPath(remote, name) };
    if (kind === 'directory') yield* localFiles(side, pair, tally);
    else if (kind === 'file') yield pair;
    else await tally.attempt(pair.local, () => Promise.reject(leftOut(pair.local, kind)));
  }
}

/** The files below a remote folder. The local folders are made on the way. */
async function* remoteFiles(side: Side, { local, remote }: Pair, tally: Tally): AsyncGenerator<Pair, void> {
  checkSignal(tally.signal, remote);
  const folders: Pair[] = [];
  const found: Pair[] = [];
  await tally.attempt(remote, async () => {
    await makeLocalDirectory(local);
    for (const { name, attributes } of await cancellable(readEntries(side.files, remote), tally.signal, remote)) {
      // A server may send any name: one that is not a single name could lead out of the chosen folder.
      if (!isEntryName(name)) {
        await tally.attempt(remote, () => Promise.reject(badName(name)));
        continue;
      }
      const pair = { local: join(local, name), remote: joinPath(remote, name) };
      if (attributes.kind === 'directory') folders.push(pair);
      else if (attributes.kind === 'file') found.push(pair);
      else await tally.attempt(pair.remote, () => Promise.reject(leftOut(pair.remote, attributes.kind)));
    }
  });
  yield* found;
  for (const folder of folders) yield* remoteFiles(side, folder, tally);
}

/** Makes a folder unless there is one. */
export async function makeRemoteDirectory(files: Files, path: VirtualPath): Promise<void> {
  try {
    await files.makeDirectory(path);
  } catch (error) {
    if (!isFileError(error)) throw error;
    const there = await files.stat(path).catch(() => undefined);
    if (there?.kind !== 'directory') throw error;
  }
}

function leftOut(path: string, kind: string): FileError {
  const what = kind === 'link' ? 'a symbolic link' : 'a special file';
  return new FileError('unsupported', { path, detail: `${what} is left out` });
}

function badName(name: string): FileError {
  return new FileError('invalid-path', { path: name, detail: 'the server sent a name that is no file name' });
}
