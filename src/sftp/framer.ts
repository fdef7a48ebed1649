// Chunks of a byte stream -> whole packets. Hands out one packet at a time, so that whoever reads them decides how
// many are taken; what is not taken waits here. Packets are copied out of the chunks, which may be used again for others.

import { ProtocolError } from './codec/protocol-error.ts';
import { LENGTH_BYTES } from './codec/writer.ts';

const EMPTY = Buffer.alloc(0);

export interface Framer {
  /** Takes the next chunk of the stream, which must not change before `keepRest()`. */
  push(chunk: Buffer): void;
  /**
   * The next whole packet, without its length, in a buffer of its own; or undefined until more has arrived.
   *
   * @throws ProtocolError if a length is 0 or over the limit; there is no way on from there.
   */
  next(): Buffer | undefined;
  /** Takes out of the chunks what has not been handed out: they may change from here on. */
  keepRest(): void;
  /** Whether the stream so far ends between two packets. */
  readonly isBetweenPackets: boolean;
}

/**
 * @param maxPacketBytes the largest packet taken, its length not counted
 * @param allocate makes the buffers of packets
 */
export function createFramer(
  maxPacketBytes: number,
  allocate: (length: number) => Buffer = Buffer.allocUnsafe,
): Framer {
  const chunks: Buffer[] = [];
  let chunk: Buffer = EMPTY;
  let at = 0;

  // The packet that is being put together: its length first, then its body.
  const head = Buffer.alloc(LENGTH_BYTES);
  let headFilled = 0;
  let body: Buffer | undefined;
  let bodyFilled = 0;

  // What was put together before anybody asked for it, and what came behind it.
  const ready: Buffer[] = [];
  let failure: unknown;

  function hasMore(): boolean {
    while (at === chunk.length) {
      const following = chunks.shift();
      chunk = following ?? EMPTY;
      at = 0;
      if (following === undefined) return false;
    }
    return true;
  }

  function checkedLength(length: number): number {
    if (length === 0) throw new ProtocolError('a packet of length 0');
    if (length > maxPacketBytes) throw new ProtocolError(`a packet of ${length} bytes, over ${maxPacketBytes}`);
    return length;
  }

  function fill(target: Buffer, filled: number): number {
    const copied = chunk.copy(target, filled, at);
    at += copied;
    return filled + copied;
  }

  function assemble(): Buffer | undefined {
    while (hasMore()) {
      if (body === undefined) {
        headFilled = fill(head, headFilled);
        if (headFilled < LENGTH_BYTES) continue;
        body = allocate(checkedLength(head.readUInt32BE(0)));
        bodyFilled = 0;
        if (!hasMore()) return undefined;
      }
      bodyFilled = fill(body, bodyFilled);
      if (bodyFilled < body.length) continue;
      const whole = body;
      body = undefined;
      headFilled = 0;
      return whole;
    }
    return undefined;
  }

  return {
    push(next) {
      chunks.push(next);
    },
    next() {
      const packet = ready.shift();
      if (packet !== undefined) return packet;
      if (failure !== undefined) throw failure;
      return assemble();
    },
    keepRest() {
      try {
        for (let packet = assemble(); packet !== undefined; packet = assemble()) ready.push(packet);
      } catch (error) {
        // Behind what came before it.
        failure = error;
        chunks.length = 0;
        chunk = EMPTY;
        at = 0;
      }
    },
    get isBetweenPackets() {
      return headFilled === 0 && at === chunk.length && chunks.length === 0 && ready.length === 0;
    },
  };
}
