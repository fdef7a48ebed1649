// Large buffers that are used again: each packet and each piece of a file takes one, and to have so much memory made for
// each, and found to be garbage after, is most of what a transfer costs. What was in a buffer before is still there until
// it is written over: nobody may send more of one than was just put into it.

/** Smaller ones come from Node, which cuts them from larger pieces. */
const LARGE_BYTES = 16 * 1024;

/** Sizes of buffers: an SSH packet (RFC 4253, section 6.1, with room for a MAC) and a packet of SFTP. How many are kept. */
const SIZES = [
  { bytes: 36 * 1024, kept: 128 },
  { bytes: 264 * 1024, kept: 32 },
] as const;

export interface LargeBuffers {
  /** A buffer of `length` bytes, which hold anything. */
  take(length: number): Buffer;
  /** Whether `buffer` lies in memory that was taken here, and not given back. */
  has(buffer: Uint8Array): boolean;
  /**
   * Lets somebody else have the memory that `buffer` is, or lies in. It must not be looked at any more, nor any part of
   * it. What is forgotten instead is left to the garbage collector; what is not from here is left alone.
   */
  giveBack(buffer: Uint8Array): void;
}

export function createLargeBuffers(): LargeBuffers {
  const stocks = SIZES.map(({ bytes, kept }) => ({ bytes, kept, free: [] as ArrayBufferLike[] }));
  const taken = new WeakSet<ArrayBufferLike>();
  return {
    take(length) {
      const stock = length < LARGE_BYTES ? undefined : stocks.find(({ bytes }) => length <= bytes);
      if (stock === undefined) return Buffer.allocUnsafe(length);
      const memory = stock.free.pop() ?? Buffer.allocUnsafeSlow(stock.bytes).buffer;
      taken.add(memory);
      return Buffer.from(memory, 0, length);
    },
    has: ({ buffer: memory }) => taken.has(memory),
    giveBack({ buffer: memory }) {
      if (!taken.delete(memory)) return;
      const stock = stocks.find(({ bytes }) => bytes === memory.byteLength);
      if (stock !== undefined && stock.free.length < stock.kept) stock.free.push(memory);
    },
  };
}

/** Those of the whole process: all connections take turns with them. */
export const largeBuffers: LargeBuffers = createLargeBuffers();
