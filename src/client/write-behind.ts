// Writes a remote file with many requests in flight: the speed of an upload over any distance.

import type { RemoteHandle } from './remote-handle.ts';
import type { Session } from './session.ts';
import { cancellable, checkSignal } from './transfer.ts';

/** As many requests as OpenSSH's client has, and twice the window that a server usually gives. */
const MAX_REQUESTS = 64;
const MAX_BYTES = 4 * 1024 * 1024;

export interface WriteBehind {
  /** Sends `data` to be written at `offset`, and resolves when there is room for more. The bytes are copied at once. */
  write(data: Buffer, offset: number): Promise<void>;
  /** Resolves when the server has confirmed everything. */
  flush(): Promise<void>;
}

/** Fails with the first refusal of the server, as soon as it is known. */
export function createWriteBehind(options: {
  session: Session;
  handle: RemoteHandle;
  signal?: AbortSignal | undefined;
}): WriteBehind {
  const { session, handle, signal } = options;
  const sent: { readonly bytes: number; readonly done: Promise<void> }[] = [];
  let sentBytes = 0;

  const settleOldest = async (): Promise<void> => {
    const oldest = sent.shift();
    if (oldest === undefined) return;
    await cancellable(oldest.done, signal, handle.path);
    sentBytes -= oldest.bytes;
  };

  return {
    async write(data, offset) {
      checkSignal(signal, handle.path);
      for (let at = 0; at < data.length; at += session.maxWriteBytes) {
        const block = data.subarray(at, at + session.maxWriteBytes);
        const done = handle.writeOnce(block, offset + at);
        // Those that nobody waits for any more, after a failure, must not count as unhandled.
        done.catch(() => {});
        sent.push({ bytes: block.length, done });
        sentBytes += block.length;
        while (sent.length >= MAX_REQUESTS || sentBytes >= MAX_BYTES) await settleOldest();
      }
    },
    async flush() {
      while (sent.length > 0) await settleOldest();
    },
  };
}
