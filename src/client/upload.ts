// One file to the server: from a local path, a stream, or bytes in memory. It is written in place: an interrupted
// upload leaves what has arrived, and `resume` continues it.

import { Readable } from 'node:stream';
import { FileError } from '../model/error.ts';
import type { OpenOptions } from '../model/files.ts';
import { closingAfter } from './closing-after.ts';
import { type LocalFile, openLocal, statLocal } from './local-files.ts';
import { readRange } from './remote-file.ts';
import { openHandleFor, type RemoteHandle } from './remote-handle.ts';
import type { Session } from './session.ts';
import { cancellable, checkSignal, OVERLAP_BYTES, type TransferOptions } from './transfer.ts';
import { createWriteBehind } from './write-behind.ts';

/** Uploads the local file `from`; resolves to the bytes that were moved. */
export async function uploadFile(
  session: Session,
  from: string,
  to: string,
  options: TransferOptions = {},
): Promise<number> {
  checkSignal(options.signal, to);
  const found = await statLocal(from);
  if (found.isDirectory()) throw new FileError('is-a-directory', { path: from });
  // Opening a pipe would wait for its other end.
  if (!found.isFile()) throw new FileError('unsupported', { path: from, detail: 'this is not a regular file' });
  const source = await openLocal(from, 'read');
  return closingAfter(source, async () => {
    const before = await source.stat();
    const resume = options.resume === true;
    const open = { read: resume, write: true, create: true, truncate: !resume, mode: before.mode & 0o777 };
    return await withTarget(session, to, open, options, async (handle) => {
      const resuming = resume ? resumeFrom(session, handle, source, before.size) : Promise.resolve(0);
      const start = await cancellable(resuming, options.signal, to);
      const range = { start, end: before.size, blockBytes: session.maxWriteBytes };
      const end = await send(session, handle, blocksOf(source, range), {
        ...options,
        start,
        totalBytes: before.size,
      });
      const after = await source.stat();
      if (end !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
        throw new FileError('busy', { path: from, detail: 'the file changed while it was uploaded' });
      }
      if (options.preserve === true) {
        const times = { accessedMs: before.atimeMs, modifiedMs: before.mtimeMs };
        await cancellable(handle.setAttributes({ mode: before.mode & 0o777, times }), options.signal, to);
      }
      return end - start;
    });
  });
}

/** Uploads what a stream gives, or bytes in memory; resolves to the bytes that were moved. */
export async function uploadContent(
  session: Session,
  content: Readable | Uint8Array,
  to: string,
  options: TransferOptions = {},
): Promise<number> {
  checkSignal(options.signal, to);
  const open = { write: true, create: true, truncate: true };
  return withTarget(session, to, open, options, (handle) =>
    content instanceof Readable
      ? send(session, handle, streamed(session, content, to, options), { ...options, start: 0, totalBytes: undefined })
      : send(session, handle, [bufferOver(content)], { ...options, start: 0, totalBytes: content.length }),
  );
}

/** Sends blocks to be written one after the other from `start`; resolves to where the last one ends. */
async function send(
  session: Session,
  handle: RemoteHandle,
  blocks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { signal, onProgress, start, totalBytes }: TransferOptions & { start: number; totalBytes: number | undefined },
): Promise<number> {
  const writing = createWriteBehind({ session, handle, signal });
  let at = start;
  onProgress?.({ path: handle.path, bytes: at, totalBytes });
  for await (const block of blocks) {
    await writing.write(block, at);
    at += block.length;
    onProgress?.({ path: handle.path, bytes: at, totalBytes });
  }
  await writing.flush();
  const { sizeBytes } = await cancellable(handle.stat(), signal, handle.path);
  if (sizeBytes !== at) {
    throw new FileError('io-error', { path: handle.path, detail: `${sizeBytes} of ${at} bytes are on the server` });
  }
  return at;
}

async function withTarget(
  session: Session,
  path: string,
  open: OpenOptions,
  { signal }: TransferOptions,
  work: (handle: RemoteHandle) => Promise<number>,
): Promise<number> {
  const handle = await openHandleFor(session, path, open, signal);
  try {
    const bytes = await work(handle);
    await cancellable(handle.close(), signal, path);
    return bytes;
  } catch (error) {
    // The first failure counts; the server lets go of the handle with the session at the latest.
    await cancellable(handle.abandon(), signal, path).catch(() => {});
    throw error;
  }
}

/**
 * The blocks of a local file from `start` to `end`: one that grows as fast as it is read would never end otherwise. Each is
 * only valid until the next one is asked for.
 */
async function* blocksOf(
  source: LocalFile,
  { start, end, blockBytes }: { start: number; end: number; blockBytes: number },
): AsyncGenerator<Buffer, undefined> {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  for (let at = start; at < end; ) {
    const bytes = await source.read(block.subarray(0, Math.min(blockBytes, end - at)), at);
    if (bytes === 0) return undefined;
    yield block.subarray(0, bytes);
    at += bytes;
  }
  return undefined;
}

/** What a stream gives, which may be nothing for a long time: the signal and the connection are heard meanwhile. */
async function* streamed(
  session: Session,
  content: Readable,
  to: string,
  { signal }: TransferOptions,
): AsyncGenerator<Buffer, undefined> {
  const chunks: AsyncIterator<unknown> = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await cancellable(session.whileItStands(to, chunks.next()), signal, to);
      if (done === true) return undefined;
      yield typeof value === 'string' ? Buffer.from(value) : bufferOver(value as Uint8Array);
    }
  } finally {
    // Its iterator would wait for the next chunk to return.
    content.destroy();
  }
}

/** Where to go on: only if the end of what is there is the same here. */
async function resumeFrom(
  session: Session,
  handle: RemoteHandle,
  source: LocalFile,
  sourceBytes: number,
): Promise<number> {
  const { sizeBytes } = await handle.stat();
  if (sizeBytes > sourceBytes) {
    throw new FileError('invalid-argument', {
      path: handle.path,
      detail: 'what is there already is longer than the local file',
    });
  }
  const start = Math.max(0, sizeBytes - OVERLAP_BYTES);
  const there = Buffer.alloc(sizeBytes - start);
  const here = Buffer.alloc(there.length);
  await source.read(here, start);
  await readRange(session, handle, there, start);
  if (!here.equals(there)) {
    throw new FileError('invalid-argument', {
      path: handle.path,
      detail: 'what is there already is not the beginning of the local file',
    });
  }
  return sizeBytes;
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
