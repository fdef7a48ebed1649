// Reads a remote file in order, with many requests in flight: the speed of a download over any distance.

import { FileError } from '../model/error.ts';
import type { RemoteHandle } from './remote-handle.ts';
import type { Session } from './session.ts';
import { cancellable } from './transfer.ts';

/** What is asked for ahead: as many requests as OpenSSH's client has, and twice the window that ssh2 gives a server. */
const MAX_REQUESTS = 64;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Yields the content from `start` to `end` in order, in blocks of at most `session.maxReadBytes`. A block is only
 * valid until the next one is asked for, unless `keep` is set.
 *
 * @throws FileError `io-error` when the file ends before `end`, `cancelled`.
 */
export async function* readAhead(options: {
  session: Session;
  handle: RemoteHandle;
  start: number;
  end: number;
  keep?: boolean;
  signal?: AbortSignal | undefined;
}): AsyncGenerator<Buffer, undefined> {
  const { session, handle, start, end, keep = false, signal } = options;
  const blockBytes = session.maxReadBytes;
  const ahead = Math.max(1, Math.min(MAX_REQUESTS, Math.floor(MAX_BYTES / blockBytes)));
  const spare: Buffer[] = [];
  const asked: Promise<Buffer>[] = [];
  let next = start;

  const ask = (): void => {
    const length = Math.min(blockBytes, end - next);
    const block = spare.pop() ?? Buffer.allocUnsafeSlow(length);
    const reading = readBlock(handle, block.subarray(0, length), next);
    // Blocks that nobody waits for any more, after a failure, must not count as unhandled.
    reading.catch(() => {});
    asked.push(reading);
    next += length;
  };

  while (next < end && asked.length < ahead) ask();
  for (;;) {
    const oldest = asked.shift();
    if (oldest === undefined) return undefined;
    const block = await cancellable(oldest, signal, handle.path);
    yield block;
    if (!keep && block.length === blockBytes) spare.push(block);
    if (next < end) ask();
  }
}

/** Servers may answer with less than was asked for. */
async function readBlock(handle: RemoteHandle, block: Buffer, offset: number): Promise<Buffer> {
  let bytes = 0;
  while (bytes < block.length) {
    const read = await handle.readOnce(block, bytes, block.length - bytes, offset + bytes);
    if (read === 0) {
      throw new FileError('io-error', { path: handle.path, detail: 'the file became shorter while it was read' });
    }
    bytes += read;
  }
  return block;
}
