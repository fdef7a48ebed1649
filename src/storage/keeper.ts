// What a process that serves and the one that keeps the numbers (quotas.ts) tell each other of the trees, beside what is
// asked of the ledger of each: plain data, in the order it is sent.

import type { Tree } from '../model/usage.ts';
import type { Inode } from './ledger.ts';

/** The keeper of the numbers, for one process that serves. */
export interface Keeper {
  /** The process uses the tree from now on, and may ask its ledger. `isCounting`: it tells of all that it changes, already. */
  enter(tree: Tree, isCounting: boolean): void;
  /** It uses the tree no more, and has nothing open in it. */
  leave(tree: Tree): void;
}

/** The meters of a process that serves. */
export interface MeterSwitch {
  /** Resolves when the meter tells of all that is changed and open, or of nothing more. */
  turn(tree: Tree, isCounting: boolean): Promise<void>;
  /** What is needed of each file, of that which was paid ahead; undefined for one that is no longer open. */
  takeBack(tree: Tree, inodes: readonly Inode[]): Promise<ReadonlyArray<number | undefined>>;
}
