// One input -> another that is near it. Every way of changing one is a row of the list.

import type { Random } from './random.ts';

export interface Stock {
  readonly random: Random;
  readonly dictionary: readonly Buffer[];
  /** Other inputs, to take pieces from. */
  readonly others: readonly Buffer[];
}

type Change = (input: Buffer, stock: Stock) => Buffer;

/** Values at which lengths and counts go wrong. */
const EDGES = [0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
/** How often a piece is repeated at most: what takes the square of that many steps is felt. */
const MAX_REPEATS = 2000;

const CHANGES: readonly Change[] = [
  // A bit.
  (input, { random }) => overwrite(input, random.below(input.length), (byte) => byte ^ (1 << random.below(8))),
  // A byte.
  (input, { random }) => overwrite(input, random.below(input.length), () => random.below(256)),
  // A little more or less.
  (input, { random }) => overwrite(input, random.below(input.length), (byte) => byte + random.pick([-1, 1, 16, -16])),
  // A number of four bytes: often a length.
  (input, { random }) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(random.pick([...EDGES, input.length, random.below(input.length + 1)]));
    const at = random.below(input.length + 1);
    return splice(input, at, random.pick([0, 4]), number);
  },
  // The end is missing.
  (input, { random }) => input.subarray(0, random.below(input.length + 1)),
  // A piece is missing.
  (input, { random }) => splice(input, random.below(input.length + 1), random.below(Math.min(input.length, 32) + 1)),
  // A piece comes again.
  (input, { random }) => splice(input, random.below(input.length + 1), 0, piece(input, random)),
  // A small piece comes again and again.
  (input, { random }) => {
    const at = random.below(input.length + 1);
    const repeated = input.subarray(at, at + 1 + random.below(3));
    return splice(input, at, 0, Buffer.alloc(repeated.length * random.below(MAX_REPEATS), repeated));
  },
  // A word of the format is put in, or takes another's place.
  (input, { random, dictionary }) => {
    const word = dictionary.length === 0 ? Buffer.of(random.below(256)) : random.pick(dictionary);
    return splice(input, random.below(input.length + 1), random.pick([0, 0, word.length, 1]), word);
  },
  // A piece of another input is put in.
  (input, { random, others }) => {
    const from = piece(random.pick(others), random);
    return splice(input, random.below(input.length + 1), random.pick([0, from.length]), from);
  },
  // The head of this input, the tail of another.
  (input, { random, others }) => {
    const other = random.pick(others);
    return Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
];

/** Changes the input in one to eight ways. */
export function mutate(input: Buffer, maxBytes: number, stock: Stock): Buffer {
  let changed = Buffer.from(input);
  for (let times = 1 << stock.random.below(4); times > 0; times -= 1) {
    changed = Buffer.from(stock.random.pick(CHANGES)(changed, stock).subarray(0, maxBytes));
  }
  return changed;
}

function overwrite(input: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(input);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = change(byte) & 0xff;
  return copy;
}

function splice(input: Buffer, at: number, removed: number, added: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([input.subarray(0, at), added, input.subarray(at + removed)]);
}

function piece(input: Buffer, random: Random): Buffer {
  const from = random.below(input.length + 1);
  return input.subarray(from, from + random.below(Math.min(input.length - from, 64) + 1));
}
