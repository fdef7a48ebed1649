// An OpenFile (model/files.ts) over an SFTP handle: reads and writes of any length, many requests in flight.

import { checkChanges, checkOffset } from '../model/checks.ts';
import { FileError } from '../model/error.ts';
import type { OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { concurrently } from './concurrently.ts';
import type { RemoteHandle } from './remote-handle.ts';
import type { Session } from './session.ts';

export function createRemoteFile(
  session: Session,
  handle: RemoteHandle,
  path: VirtualPath,
  { read = false, write = false }: OpenOptions,
): OpenFile {
  const underWay = new Set<Promise<unknown>>();
  let writeError: unknown;
  let closing: Promise<void> | undefined;

  const tracked = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== undefined) return Promise.reject(new FileError('closed', { path }));
    const running = work().finally(() => underWay.delete(running));
    underWay.add(running);
    return running;
  };

  return {
    path,
    read: (target, offset) =>
      tracked(async () => {
        checkOffset(offset, path);
        if (!read) throw new FileError('permission-denied', { path });
        return readRange(session, handle, bufferOver(target), offset);
      }),
    write: (data, offset) =>
      tracked(async () => {
        checkOffset(offset, path);
        if (!write) throw new FileError('permission-denied', { path });
        try {
          await writeRange(session, handle, bufferOver(data), offset);
        } catch (error) {
          writeError ??= error;
          throw error;
        }
      }),
    stat: () => tracked(handle.stat),
    setAttributes: (changes) =>
      tracked(async () => {
        checkChanges(changes, path);
        await handle.setAttributes(changes);
      }),
    sync: () => tracked(handle.sync),
    space: () => tracked(handle.space),
    close({ abandon = false } = {}) {
      closing ??= (async () => {
        await Promise.allSettled(underWay);
        await (abandon ? handle.abandon() : handle.close());
        if (writeError !== undefined) throw writeError;
      })();
      return closing;
    },
  };
}

/** As many requests as OpenSSH's client has under way: a server may say that it takes one byte in each. */
const MAX_REQUESTS = 64;

/** Reads until `target` is full or the file ends. Many parts are asked for at once; one that comes short is asked again. */
export async function readRange(
  session: Session,
  handle: RemoteHandle,
  target: Buffer,
  offset: number,
): Promise<number> {
  /** Where the first part that came short has its end; nothing is asked for behind it. */
  let end = target.length;
  await concurrently(
    startsOf(target, session.maxReadBytes, () => end),
    MAX_REQUESTS,
    async (at) => {
      const part = target.subarray(at, at + session.maxReadBytes);
      const bytes = await readPart(handle, part, offset + at);
      if (bytes < part.length) end = Math.min(end, at + bytes);
    },
  );
  return end;
}

async function readPart(handle: RemoteHandle, target: Buffer, offset: number): Promise<number> {
  let bytes = 0;
  while (bytes < target.length) {
    const read = await handle.readOnce(target, bytes, target.length - bytes, offset + bytes);
    if (read === 0) break;
    bytes += read;
  }
  return bytes;
}

async function writeRange(session: Session, handle: RemoteHandle, data: Buffer, offset: number): Promise<void> {
  await concurrently(startsOf(data, session.maxWriteBytes), MAX_REQUESTS, (at) =>
    handle.writeOnce(data.subarray(at, at + session.maxWriteBytes), offset + at),
  );
}

/** Where the parts of `bytes` begin, as long as that is before `end`. */
function* startsOf(bytes: Buffer, partBytes: number, end = () => bytes.length): Generator<number, void> {
  for (let at = 0; at < end(); at += partBytes) yield at;
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
