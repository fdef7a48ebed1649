// Reading a stream by asking for it: what nobody asks for stays with the peer. Unlike `for await`, leaves the stream as it
// is when nobody asks on.

import type { Readable } from 'node:stream';
import { PeerGone } from './peer-gone.ts';

/**
 * The next chunk of a stream; undefined at its end.
 *
 * @throws PeerGone The stream broke off before its end; or the signal's reason.
 */
export async function nextChunk(stream: Readable, signal: AbortSignal): Promise<Buffer | undefined> {
  for (;;) {
    signal.throwIfAborted();
    const chunk = arrivedChunk(stream);
    if (chunk !== undefined) return chunk;
    if (stream.readableEnded) return undefined;
    if (stream.destroyed || stream.errored !== null) throw new PeerGone('the input broke off');
    await changeOf(stream, signal);
  }
}

/** What has arrived and was not handed out, also when the peer is gone since; undefined when there is nothing. */
export function arrivedChunk(stream: Readable): Buffer | undefined {
  const chunk: unknown = stream.read();
  return chunk instanceof Uint8Array ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : undefined;
}

const CHANGES = ['readable', 'end', 'close', 'error'] as const;

function changeOf(stream: Readable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of CHANGES) stream.off(event, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const event of CHANGES) stream.on(event, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
