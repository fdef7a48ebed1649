// Writing to a stream at the speed it is read.

import type { Writable } from 'node:stream';
import { PeerGone } from './peer-gone.ts';

/**
 * Resolves when the stream has taken the data. The stream may keep the buffer.
 *
 * @throws PeerGone The stream was closed; or the signal's reason.
 */
export function writeAll(stream: Writable, data: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      stream.off('close', gone);
      stream.off('error', gone);
      signal.removeEventListener('abort', aborted);
      if (error === undefined) resolve();
      else reject(error);
    };
    const gone = (): void => settle(new PeerGone('the output is closed'));
    const aborted = (): void => settle(signal.reason);
    if (signal.aborted) return settle(signal.reason);
    if (stream.destroyed || stream.writableEnded) return gone();
    stream.on('close', gone);
    stream.on('error', gone);
    signal.addEventListener('abort', aborted, { once: true });
    stream.write(data, (error) => (error ? gone() : settle()));
  });
}
