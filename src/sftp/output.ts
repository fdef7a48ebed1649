// Replies -> the stream. Small replies that are ready together leave in one write: a channel makes an encrypted packet
// and a system call of each write, which costs more than most requests.

import type { Writable } from 'node:stream';
import { largeBuffers } from '../streams/large-buffers.ts';

/** Replies up to this size are put together, by copying; larger ones are handed on as they are, and their buffers are used again. */
const SMALL_BYTES = 4 * 1024;

/** The most that waits to be put together: the payload of one SSH packet. */
const TOGETHER_BYTES = 32 * 1024;

export interface Output {
  /** Takes a whole packet. It leaves in the order taken, at the latest when this turn of the event loop ends. */
  send(packet: Buffer): void;
  /** Lets go at once what was taken. */
  flush(): void;
  /** Drops what did not leave, and all that is sent from now on. */
  close(): void;
}

export function createOutput(stream: Writable): Output {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let flushing: NodeJS.Immediate | undefined;
  let isClosed = false;

  function takeWaiting(): Buffer[] {
    if (flushing !== undefined) clearImmediate(flushing);
    flushing = undefined;
    const packets = waiting;
    waiting = [];
    waitingBytes = 0;
    return packets;
  }

  function flush(): void {
    const packets = takeWaiting();
    const [first] = packets;
    if (first !== undefined) stream.write(packets.length === 1 ? first : Buffer.concat(packets));
  }

  return {
    send(packet) {
      if (isClosed) return;
      if (packet.length > SMALL_BYTES) {
        flush();
        stream.write(packet, () => largeBuffers.giveBack(packet));
        return;
      }
      if (waitingBytes + packet.length > TOGETHER_BYTES) flush();
      waiting.push(packet);
      waitingBytes += packet.length;
      flushing ??= setImmediate(flush);
    },
    flush,
    close() {
      isClosed = true;
      takeWaiting();
    },
  };
}
