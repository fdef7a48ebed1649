// The account of one tree, as the storage asks for it: what is in the tree, what may be, and which of its files are open.
// Everything goes in and out as plain data and with a promise: sessions in other processes can ask the one process that
// keeps the book (tree-ledger.ts). A process asks once for each file it opens, however often (meter.ts), and again when
// that file grows beyond what is paid for. Who keeps the book may let it pay for more than it asked, so that the next
// writes need not ask; what was not used is given back at the close.

import type { Quota } from '../model/rules.ts';
import type { Usage } from '../model/usage.ts';

/** A file of the disk, by device and inode: `2049:1311`. */
export type Inode = string;

export function inodeOf({ dev, ino }: { readonly dev: number; readonly ino: number }): Inode {
  return `${dev}:${ino}`;
}

/** Why no more is counted. */
export interface Refusal {
  readonly of: keyof Usage;
  readonly used: number;
  readonly limit: number;
}

/** Up to where it may be written now, or why it can't grow. */
export type Grant = { readonly paidBytes: number } | { readonly refusal: Refusal };

/** A file that will take the place of `of`: its first `bytes` are counted with that one until then, and it is no new file. */
export interface Credit {
  readonly of: Inode;
  readonly bytes: number;
}

export interface Ledger {
  /**
   * Resolves when nobody else changes names in the tree, and what is in it is known. `unlock` must follow. Whoever has
   * the lock gets all other answers without having to wait for another lock.
   */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Counts what is about to be made, or says why not; less than nothing is given back. With the lock. */
  take(amount: Usage): Promise<Refusal | undefined>;
  /** Whether an upload has the credit of replacing `of`: one at a time. It ends with the upload's file, or with `uncredit`. */
  credit(of: Inode): Promise<boolean>;
  uncredit(of: Inode): Promise<void>;
  /**
   * The file is open in this process from now on. Resolves to what is paid for; undefined when nobody else has it open:
   * then its size is looked at, now that it can't change unseen, and told by `known`.
   */
  hold(inode: Inode, credit?: Credit): Promise<number | undefined>;
  /** Resolves to what is paid for. What has no name any more, and nobody had open, is counted as nothing. */
  known(inode: Inode, sizeBytes: number, hasName: boolean): Promise<number>;
  /** Pays for a size of `bytes`, or, to append, for as many more: wherever the file ends by then. */
  extend(inode: Inode, bytes: number, isAppend: boolean): Promise<Grant>;
  /** This is its size, and no write is under way in this process: gives back what was paid beyond it. */
  settle(inode: Inode, sizeBytes: number): Promise<void>;
  /**
   * The last name of `old` is about to be taken away, in favour of `by` when something takes its place. `isSole`: nobody
   * else in this process has it open. With the lock, as `endReplacing`, which must follow.
   */
  beginReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean): Promise<Refusal | undefined>;
  endReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean, isDone: boolean): Promise<void>;
  /**
   * It is no longer open in this process. What has lost its last name is given back with its last holder. False, and
   * nothing is done, where its size must be settled first: others could not, as it was open here.
   */
  release(inode: Inode): Promise<boolean>;
  /** Resolves when what is in the tree is known. */
  account(): Promise<{ readonly used: Usage; readonly quota: Quota }>;
}
