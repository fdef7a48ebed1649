// Writes the fields of one packet, its length in front. Grows as it is written to.

import { encodeBytes } from '../../model/bytes.ts';

/** Bytes of the length that every packet begins with. */
export const LENGTH_BYTES = 4;

export class Writer {
  #bytes: Buffer;
  #at: number;

  /** Begins a packet of `type`; `size` is a guess at its whole length. */
  constructor(type: number, size = 64) {
    this.#bytes = Buffer.allocUnsafe(size);
    this.#at = LENGTH_BYTES;
    this.u8(type);
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeUInt8(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  /** A safe integer; what is negative is written as 0. */
  u64(value: number): this {
    const whole = Math.max(0, value);
    return this.u32(Math.floor(whole / 0x100000000)).u32(whole >>> 0);
  }

  bytes(value: Uint8Array): this {
    return this.u32(value.length).raw(value);
  }

  /** Bytes without their length in front. */
  raw(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  text(value: string): this {
    return this.bytes(encodeBytes(value));
  }

  /** The whole packet. The writer is not to be used again. */
  end(): Buffer {
    this.#bytes.writeUInt32BE(this.#at - LENGTH_BYTES, 0);
    return this.#bytes.subarray(0, this.#at);
  }

  /** Where the next `length` bytes go. May replace `#bytes`: ask first, then write. */
  #room(length: number): number {
    const at = this.#at;
    const end = at + length;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    this.#at = end;
    return at;
  }
}
