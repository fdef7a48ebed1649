// Chunks of a byte stream -> whole packets. Hands out one packet at a time, so that whoever reads them decides how
// many are taken: what is not taken stays in the one chunk it came in.

import { ProtocolError } from './codec/protocol-error.ts';
import { LENGTH_BYTES } from './codec/writer.ts';

const EMPTY = Buffer.alloc(0);

export interface Framer {
  /** Takes the next chunk of the stream, which must not change any more. */
  push(chunk: Buffer): void;
  /**
   * The next whole packet, without its length, or undefined until more has arrived. A packet that lies whole in one
   * chunk is a part of it; another is put together in a buffer of its own, once.
   *
   * @throws ProtocolError if a length is 0 or over the limit; there is no way on from there.
   */
  next(): Buffer | undefined;
  /** Whether the stream so far ends between two packets. */
  readonly isBetweenPackets: boolean;
}

/** @param maxPacketBytes the largest packet taken, its length not counted */
export function createFramer(maxPacketBytes: number): Framer {
  const chunks: Buffer[] = [];
  let chunk: Buffer = EMPTY;
  let at = 0;

  // A packet that did not lie in one chunk: its length first, byte by byte, then its body.
  const head = Buffer.alloc(LENGTH_BYTES);
  let headFilled = 0;
  let body: Buffer | undefined;
  let bodyFilled = 0;

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

  function nextInChunk(): Buffer | undefined {
    if (headFilled > 0 || chunk.length - at < LENGTH_BYTES) return undefined;
    const length = checkedLength(chunk.readUInt32BE(at));
    const start = at + LENGTH_BYTES;
    if (chunk.length - start < length) return undefined;
    at = start + length;
    return chunk.subarray(start, at);
  }

  function fill(target: Buffer, filled: number): number {
    const copied = chunk.copy(target, filled, at);
    at += copied;
    return filled + copied;
  }

  return {
    push(next) {
      chunks.push(next);
    },
    next() {
      while (hasMore()) {
        if (body === undefined) {
          const whole = nextInChunk();
          if (whole !== undefined) return whole;
          headFilled = fill(head, headFilled);
          if (headFilled < LENGTH_BYTES) continue;
          body = Buffer.allocUnsafe(checkedLength(head.readUInt32BE(0)));
          bodyFilled = 0;
          continue;
        }
        bodyFilled = fill(body, bodyFilled);
        if (bodyFilled < body.length) continue;
        const whole = body;
        body = undefined;
        headFilled = 0;
        return whole;
      }
      return undefined;
    },
    get isBetweenPackets() {
      return headFilled === 0 && at === chunk.length && chunks.length === 0;
    },
  };
}
