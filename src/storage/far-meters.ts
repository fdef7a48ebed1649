// The meters of a process that serves, when the numbers are kept by another one: what they ask goes there. The keeper of
// the numbers says when they count; how they begin is a guess, by the rules as this process knows them.

import type { Tree } from '../model/usage.ts';
import type { Keeper, MeterSwitch } from './keeper.ts';
import type { Inode, Ledger } from './ledger.ts';
import type { Meter, Meters } from './meter.ts';
import { TreeMeter } from './tree-meter.ts';

/** How long a meter outlives its last user: whoever comes again soon finds it, and what was open has been closed. */
const REST_MS = 10_000;

export interface FarMetersParts {
  readonly keeper: Keeper;
  /** The ledger of a tree that was entered. */
  readonly ledgerOf: (tree: Tree) => Ledger;
  /** Whether the tree has a quota, as far as this process knows. */
  readonly isLimited: (tree: Tree) => boolean;
}

interface OpenMeter {
  readonly meter: TreeMeter;
  users: number;
  resting: NodeJS.Timeout | undefined;
}

export class FarMeters implements Meters, MeterSwitch {
  readonly #parts: FarMetersParts;
  readonly #open = new Map<Tree, OpenMeter>();

  constructor(parts: FarMetersParts) {
    this.#parts = parts;
  }

  enter(tree: Tree): { meter: Meter; leave: () => void } {
    const open = this.#open.get(tree) ?? this.#begin(tree);
    open.users += 1;
    clearTimeout(open.resting);
    const leave = (): void => {
      open.users -= 1;
      if (open.users === 0) this.#rest(tree, open);
    };
    return { meter: open.meter, leave };
  }

  async turn(tree: Tree, isCounting: boolean): Promise<void> {
    const meter = this.#open.get(tree)?.meter;
    if (!isCounting) {
      meter?.turnOff();
      return;
    }
    meter?.turnOn();
    await meter?.turning;
  }

  async takeBack(tree: Tree, inodes: readonly Inode[]): Promise<ReadonlyArray<number | undefined>> {
    const meter = this.#open.get(tree)?.meter;
    return inodes.map((inode) => meter?.takeBack(inode));
  }

  #begin(tree: Tree): OpenMeter {
    const isCounting = this.#parts.isLimited(tree);
    this.#parts.keeper.enter(tree, isCounting);
    const ledger = this.#parts.ledgerOf(tree);
    // Whatever is asked next arrives after it.
    const unlock = async (): Promise<void> => void ledger.unlock().catch(() => undefined);
    const open: OpenMeter = { meter: new TreeMeter({ ...ledger, unlock }), users: 0, resting: undefined };
    if (isCounting) open.meter.turnOn();
    this.#open.set(tree, open);
    return open;
  }

  #rest(tree: Tree, open: OpenMeter): void {
    const leave = (): void => {
      if (!open.meter.isIdle) {
        this.#rest(tree, open);
        return;
      }
      this.#open.delete(tree);
      this.#parts.keeper.leave(tree);
    };
    open.resting = setTimeout(leave, REST_MS).unref();
  }
}
