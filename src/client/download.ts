// One file from the server: to a local path, a stream, or a Buffer.

import { constants } from 'node:buffer';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attributes } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import { openPartialFile, type PartialFile } from './partial-file.ts';
import { readAhead } from './read-ahead.ts';
import { readRange } from './remote-file.ts';
import { openHandleFor, type RemoteHandle } from './remote-handle.ts';
import type { Session } from './session.ts';
import { cancellable, checkSignal, OVERLAP_BYTES, type TransferOptions } from './transfer.ts';

/** Downloads into the local file `to`; resolves to the bytes that were moved. */
export async function downloadFile(
  session: Session,
  from: string,
  to: string,
  options: TransferOptions = {},
): Promise<number> {
  return withSource(session, from, options, async (handle, before) => {
    // A server that tells no mode at all has told nothing of who may read it.
    const mode = before.mode === 0 ? 0o666 : before.mode;
    const partial = await openPartialFile(to, {
      resume: options.resume === true,
      mode,
      pause: (ms) => cancellable(session.whileItStands(from, delay(ms)), options.signal, from),
    });
    let moved = 0;
    try {
      const start = await cancellable(resumeFrom(session, handle, before, partial, to), options.signal, from);
      report(options, from, start, before.sizeBytes);
      for await (const block of blocks(session, handle, before, options, start)) {
        await partial.file.write(block, start + moved);
        moved += block.length;
        report(options, from, start + moved, before.sizeBytes);
      }
      await checkUnchanged(handle, before, options);
      if (options.preserve === true) {
        await partial.file.setMode(before.mode & 0o777);
        await partial.file.setTimes(before.accessedMs, before.modifiedMs);
      }
    } catch (error) {
      // The first failure counts.
      await partial.abandon().catch(() => {});
      throw error;
    }
    await partial.finish();
    return moved;
  });
}

/** Downloads into a stream, which is ended; resolves to the bytes that were moved. */
export async function downloadStream(
  session: Session,
  from: string,
  to: Writable,
  options: TransferOptions = {},
): Promise<number> {
  return withSource(session, from, options, async (handle, before) => {
    let failure: unknown;
    // Whoever has the stream gets it back without listeners of ours.
    const watching = new AbortController();
    const ending = finished(to, { readable: false, signal: watching.signal }).catch((error: unknown) => {
      failure = error;
    });
    let moved = 0;
    try {
      report(options, from, 0, before.sizeBytes);
      for await (const block of blocks(session, handle, before, options, 0, true)) {
        if (failure !== undefined) break;
        if (!to.write(block)) {
          // A reader that takes nothing more does not say so.
          const drained = Promise.race([ending, once(to, 'drain', { signal: watching.signal })]);
          await cancellable(session.whileItStands(from, drained), options.signal, from);
        }
        moved += block.length;
        report(options, from, moved, before.sizeBytes);
      }
      if (failure === undefined) {
        await checkUnchanged(handle, before, options);
        // Standard output is not ours to end.
        if (to === process.stdout) return moved;
        to.end();
        await cancellable(ending, options.signal, from);
      }
    } finally {
      watching.abort();
    }
    if (failure !== undefined) throw failure;
    return moved;
  });
}

/** @throws FileError `too-large` when no Buffer is that long. */
export async function downloadBuffer(session: Session, from: string, options: TransferOptions = {}): Promise<Buffer> {
  return withSource(session, from, options, async (handle, before) => {
    if (before.sizeBytes > constants.MAX_LENGTH) throw new FileError('too-large', { path: from });
    const content = Buffer.alloc(before.sizeBytes);
    let at = 0;
    for await (const block of blocks(session, handle, before, options, 0)) {
      block.copy(content, at);
      at += block.length;
      report(options, from, at, before.sizeBytes);
    }
    await checkUnchanged(handle, before, options);
    return content;
  });
}

/** The first `bytes` bytes of a file. */
export async function readBeginning(session: Session, path: string, bytes: number): Promise<Buffer> {
  return withSource(session, path, {}, async (handle) => {
    const content = Buffer.alloc(bytes);
    return content.subarray(0, await readRange(session, handle, content, 0));
  });
}

async function withSource<T>(
  session: Session,
  path: string,
  { signal }: TransferOptions,
  work: (handle: RemoteHandle, attributes: Attributes) => Promise<T>,
): Promise<T> {
  checkSignal(signal, path);
  const handle = await openHandleFor(session, path, { read: true }, signal);
  const closing = (): Promise<void> => cancellable(handle.close(), signal, path);
  try {
    const attributes = await cancellable(handle.stat(), signal, path);
    if (attributes.kind === 'directory') throw new FileError('is-a-directory', { path });
    const result = await work(handle, attributes);
    await closing();
    return result;
  } catch (error) {
    // The first failure counts; the server lets go of the handle with the session at the latest.
    await closing().catch(() => {});
    throw error;
  }
}

function blocks(
  session: Session,
  handle: RemoteHandle,
  { sizeBytes }: Attributes,
  { signal }: TransferOptions,
  start: number,
  keep = false,
): AsyncGenerator<Buffer, undefined> {
  return readAhead({ session, handle, start, end: sizeBytes, keep, signal });
}

/** Where to go on: only if the end of what is there is the same on the server. */
async function resumeFrom(
  session: Session,
  handle: RemoteHandle,
  { sizeBytes }: Attributes,
  partial: PartialFile,
  to: string,
): Promise<number> {
  if (partial.sizeBytes > sizeBytes) {
    throw new FileError('invalid-argument', {
      path: to,
      detail: 'what is here already is longer than the remote file',
    });
  }
  const start = Math.max(0, partial.sizeBytes - OVERLAP_BYTES);
  const here = Buffer.alloc(partial.sizeBytes - start);
  const there = Buffer.alloc(here.length);
  await partial.file.read(here, start);
  await readRange(session, handle, there, start);
  if (!here.equals(there)) {
    throw new FileError('invalid-argument', {
      path: to,
      detail: 'what is here already is not the beginning of the remote file',
    });
  }
  return partial.sizeBytes;
}

async function checkUnchanged(handle: RemoteHandle, before: Attributes, { signal }: TransferOptions): Promise<void> {
  // What the kernel makes up when it is read (/proc) has content, and the size 0.
  const beginning = before.sizeBytes === 0 ? handle.readOnce(Buffer.alloc(1), 0, 1, 0) : Promise.resolve(0);
  const [after, bytes] = await cancellable(Promise.all([handle.stat(), beginning]), signal, handle.path);
  if (bytes > 0 && after.sizeBytes === 0) {
    throw new FileError('unsupported', {
      path: handle.path,
      detail: 'it has content, but the server gives it no size',
    });
  }
  if (after.sizeBytes !== before.sizeBytes || after.modifiedMs !== before.modifiedMs) {
    throw new FileError('busy', { path: handle.path, detail: 'the file changed while it was downloaded' });
  }
}

function report({ onProgress }: TransferOptions, path: string, bytes: number, totalBytes: number): void {
  onProgress?.({ path, bytes, totalBytes });
}
