// An OpenFile (model/files.ts) over an SFTP handle: reads and writes of any length, many requests in flight.

import { checkChanges, checkOffset } from '../model/checks.ts';
import { FileError } from '../model/error.ts';
import type { OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
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

/** Reads until `target` is full or the file ends. Parts are asked for at once; one that comes short is asked again. */
export async function readRange(
  session: Session,
  handle: RemoteHandle,
  target: Buffer,
  offset: number,
): Promise<number> {
  const parts: Promise<number>[] = [];
  for (let at = 0; at < target.length; at += session.maxReadBytes) {
    parts.push(readPart(handle, target.subarray(at, at + session.maxReadBytes), offset + at));
  }
  let bytes = 0;
  for (const [index, read] of (await Promise.all(parts)).entries()) {
    bytes += read;
    const asked = Math.min(session.maxReadBytes, target.length - index * session.maxReadBytes);
    if (read < asked) break;
  }
  return bytes;
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
  const parts: Promise<void>[] = [];
  for (let at = 0; at < data.length; at += session.maxWriteBytes) {
    parts.push(handle.writeOnce(data.subarray(at, at + session.maxWriteBytes), offset + at));
  }
  const failed = (await Promise.allSettled(parts)).find((part) => part.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
