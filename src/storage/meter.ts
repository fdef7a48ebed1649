// What the storage of a tree tells of its changes, so that they are counted: before it touches the disk. The storage
// calls it at every change of names and for every file it opens; where nothing is counted, that costs next to nothing.

import type { Stats } from 'node:fs';
import type { Space } from '../model/entry.ts';
import type { Tree } from '../model/usage.ts';
import type { HeldFile } from './held-file.ts';
import type { Credit } from './ledger.ts';
import type { HostPath } from './place.ts';
import type { Answer } from './system-calls.ts';

export interface Meter {
  /** Whether there is a quota: then what replaces a file is written aside, so that a file is not lost to the quota. */
  readonly isCounting: boolean;
  /**
   * Runs `work` when nobody else changes names in the tree. To be called before a turn is taken (turns.ts), never in
   * one: all could be held by those who wait here.
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Makes something new by `make`. With a credit it counts as no new file. In `exclusively`. @throws FileError `quota-exceeded` */
  making<T>(make: () => Answer<T>, credit?: Credit): Answer<T>;
  /**
   * Takes by `act` the name `entry` from what is there, if anything is. What it was the last name of is given back;
   * `instead`, which takes its place, is counted. In `exclusively`. @throws FileError `quota-exceeded`, before `act`
   */
  unnaming<T>(entry: HostPath, act: () => Answer<T>, instead?: HeldFile): Answer<T>;
  /** The credit of replacing the file with these `stats`; undefined when it frees nothing, or somebody else has it. In `exclusively`. */
  replacing(stats: Stats): Answer<Credit | undefined>;
  /** An open file, in the turn in which it was opened; undefined where none is ever counted. */
  hold(descriptor: number, mayHang: boolean, credit?: Credit): Answer<HeldFile | undefined>;
  /** What the user may see of the `disk`. */
  space(disk: Space): Promise<Space>;
}

/** The meters of all trees. */
export interface Meters {
  /** The meter of `tree`; `leave` is to be called once, when it is needed no more. */
  enter(tree: Tree): { readonly meter: Meter; readonly leave: () => void };
}

/** Counts nothing. */
export const UNCOUNTED: Meter = {
  isCounting: false,
  exclusively: (work) => work(),
  making: (make) => make(),
  unnaming: (_entry, act) => act(),
  replacing: () => undefined,
  hold: () => undefined,
  space: (disk) => Promise.resolve(disk),
};

export const UNCOUNTED_TREES: Meters = { enter: () => ({ meter: UNCOUNTED, leave: () => undefined }) };
