// Reads the fields of one packet. The error is sticky: past the end every field reads as zero or empty and `failed`
// stays true, so a decoder reads all its fields in one go and asks once.

import { decodeBytes } from '../../model/bytes.ts';

/**
 * A 64-bit number of the wire: a number while that is exact, else a bigint. Nothing on a disk is that large; the type
 * makes every handler say what it does then, as Node writes to the wrong place when handed such an offset.
 */
export type Wide = number | bigint;

const EMPTY = Buffer.alloc(0);

export class Reader {
  readonly #bytes: Buffer;
  #at: number;
  #failed = false;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Whether a field was cut off. What was read from then on means nothing. */
  get failed(): boolean {
    return this.#failed;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#failed ? 0 : this.#bytes.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#bytes.readUInt8(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#bytes.readUInt32BE(at);
  }

  u64(): Wide {
    const at = this.#take(8);
    if (at < 0) return 0;
    const high = this.#bytes.readUInt32BE(at);
    return high < 0x200000 ? high * 0x100000000 + this.#bytes.readUInt32BE(at + 4) : this.#bytes.readBigUInt64BE(at);
  }

  /** A string of the wire, as bytes: a part of the packet, not a copy. */
  bytes(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return at < 0 ? EMPTY : this.#bytes.subarray(at, at + length);
  }

  /** A string of the wire that is a name or a path; no byte is lost (model/bytes.ts). */
  text(): string {
    return decodeBytes(this.bytes());
  }

  /** Where the next `length` bytes begin; -1 when there are not as many. */
  #take(length: number): number {
    if (this.#failed || length > this.#bytes.length - this.#at) {
      this.#failed = true;
      return -1;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
