// What a ledger knows of one open file, and what that counts as. Pure.

import type { Usage } from '../model/usage.ts';
import type { Inode } from './ledger.ts';

/** An open file. */
export interface Mark {
  /** Processes that have it open. */
  holders: number;
  /** Up to where it may be written. */
  paidBytes: number | undefined;
  /** Paid beyond that by appends: they go to the end, wherever others have moved that. */
  appendBytes: number;
  /** Somebody has settled, but others may have been writing. */
  isLoose: boolean;
  /** Its only holder was let pay for more than it asked. */
  isAhead: boolean;
  /** Of all this, so many are counted with the file it will replace. */
  creditBytes: number;
  /** 0 while it is counted with the file it will replace, or not at all. */
  files: number;
  replaces: Inode | undefined;
  /** Counted ahead by beginReplacing. */
  taken: Usage;
  hasName: boolean;
}

export const NOTHING: Usage = { bytes: 0, files: 0 };

/** What it counts as. */
export function countOf({ paidBytes = 0, appendBytes, creditBytes, files }: Mark): Usage {
  return { bytes: Math.max(0, paidBytes + appendBytes - creditBytes), files };
}

/** What is counted with the file to be replaced. */
export function creditOf({ replaces, creditBytes, paidBytes = 0, appendBytes }: Mark): Usage {
  return replaces === undefined ? NOTHING : { bytes: Math.min(creditBytes, paidBytes + appendBytes), files: 1 };
}

export function plus(one: Usage, other: Usage): Usage {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files };
}

export function minus(one: Usage, other: Usage): Usage {
  return { bytes: one.bytes - other.bytes, files: one.files - other.files };
}
