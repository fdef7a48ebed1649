// The meter of one tree in one process, shared by all sessions that use the tree: the files that they have open, and the
// conversation with the ledger. Counting can begin and end while they work.

import { fstatSync, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { Space } from '../model/entry.ts';
import type { Usage } from '../model/usage.ts';
import { HeldFile, type Holder, OpenInode, quotaExceeded } from './held-file.ts';
import { type Credit, type Inode, inodeOf, type Ledger } from './ledger.ts';
import type { Meter } from './meter.ts';
import type { HostPath } from './place.ts';
import { quotaSpace } from './quota-space.ts';
import { type Answer, SLOW_CALLS } from './system-calls.ts';

const ONE_FILE: Usage = { bytes: 0, files: 1 };
const NO_FILE: Usage = { bytes: 0, files: -1 };

export class TreeMeter implements Meter, Holder {
  readonly #ledger: Ledger;
  readonly #inodes = new Map<Inode, OpenInode>();
  readonly #files = new Set<HeldFile>();
  #isCounting = false;
  #turning: Promise<void> = Promise.resolve();
  /** Changes under way that began when nothing was counted. */
  #uncounted = 0;
  /** Those that are counted, or wait for it. */
  #counted = 0;
  /** Those who wait for the end of what was not counted: more than one where counting ends and begins again. */
  readonly #onQuiet: Array<() => void> = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get isCounting(): boolean {
    return this.#isCounting;
  }

  get turning(): Promise<void> {
    return this.#turning;
  }

  /** Counts from now on: what is open too, and nothing before all that was under way is over. */
  turnOn(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    this.#turning = this.#adopt();
  }

  turnOff(): void {
    this.#isCounting = false;
    this.#inodes.clear();
    for (const file of this.#files) file.abandon();
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isCounting) {
      this.#uncounted += 1;
      try {
        return await work();
      } finally {
        this.#uncounted -= 1;
        if (this.#uncounted === 0) for (const goOn of this.#onQuiet.splice(0)) goOn();
      }
    }
    this.#counted += 1;
    try {
      await this.#turning;
      await this.#ledger.lock();
      try {
        return await work();
      } finally {
        await this.#ledger.unlock();
      }
    } finally {
      this.#counted -= 1;
    }
  }

  making<T>(make: () => Answer<T>, credit?: Credit): Answer<T> {
    return this.#isCounting ? this.#making(make, credit) : make();
  }

  async #making<T>(make: () => Answer<T>, credit: Credit | undefined): Promise<T> {
    const refusal = credit === undefined ? await this.#ledger.take(ONE_FILE) : undefined;
    if (refusal !== undefined) throw quotaExceeded(refusal);
    try {
      return await make();
    } catch (error) {
      if (credit === undefined) await this.#ledger.take(NO_FILE);
      else await this.#ledger.uncredit(credit.of);
      throw error;
    }
  }

  unnaming<T>(entry: HostPath, act: () => Answer<T>, instead?: HeldFile): Answer<T> {
    return this.#isCounting ? this.#unnaming(entry, act, instead) : act();
  }

  async #unnaming<T>(entry: HostPath, act: () => Answer<T>, instead: HeldFile | undefined): Promise<T> {
    const by = instead?.inode?.key;
    const stats = await SLOW_CALLS.lstat(entry);
    const old = stats !== undefined && isLastName(stats) ? await this.open(stats, () => lstat(entry)) : undefined;
    if (by === undefined && old === undefined) return act();
    try {
      const isSole = old?.handles === 1;
      const refusal = await this.#ledger.beginReplacing(by, old?.key, isSole);
      if (refusal !== undefined) throw quotaExceeded(refusal);
      let isDone = false;
      try {
        const result = await act();
        isDone = true;
        return result;
      } finally {
        await this.#ledger.endReplacing(by, old?.key, isSole, isDone);
      }
    } finally {
      if (old !== undefined) await this.close(old, () => lstat(entry));
    }
  }

  replacing(stats: Stats): Answer<Credit | undefined> {
    return this.#isCounting && stats.isFile() && isLastName(stats) ? this.#replacing(stats) : undefined;
  }

  async #replacing(stats: Stats): Promise<Credit | undefined> {
    const of = inodeOf(stats);
    const bytes = this.#inodes.get(of)?.neededBytes ?? stats.size;
    return (await this.#ledger.credit(of)) ? { of, bytes } : undefined;
  }

  hold(descriptor: number, mayHang: boolean, credit?: Credit): Answer<HeldFile> {
    // What was just opened on a local disk is in memory: no need to wait elsewhere.
    const stats = async (): Promise<Stats> => (mayHang ? SLOW_CALLS.fstat(descriptor) : fstatSync(descriptor));
    const held = (opened: OpenInode | undefined): HeldFile => {
      // Where counting has ended meanwhile, whatever it is by now, this is not among what is counted.
      const inode = opened !== undefined && this.#inodes.get(opened.key) === opened ? opened : undefined;
      const file = new HeldFile({ holder: this, inode, stats });
      this.#files.add(file);
      return file;
    };
    return this.#isCounting
      ? stats()
          .then((seen) => this.open(seen, stats, credit))
          .then(held)
      : held(undefined);
  }

  async open(stats: Stats, again: () => Promise<Stats>, credit?: Credit): Promise<OpenInode> {
    const key = inodeOf(stats);
    const there = this.#inodes.get(key);
    if (there !== undefined) {
      there.handles += 1;
      await there.ready;
      return there;
    }
    const inode = new OpenInode(key, this.#ledger);
    this.#inodes.set(key, inode);
    inode.ready = this.#learn(inode, again, credit);
    await inode.ready;
    return inode;
  }

  async close(inode: OpenInode, stats: () => Promise<Stats>): Promise<void> {
    inode.handles -= 1;
    if (inode.handles > 0 || this.#inodes.get(inode.key) !== inode) return;
    this.#inodes.delete(inode.key);
    while (!(await this.#ledger.release(inode.key))) await this.#ledger.settle(inode.key, (await stats()).size);
  }

  /** What of the file is needed here, of that which was paid ahead; undefined when it is no longer open here. */
  takeBack(inode: Inode): number | undefined {
    return this.#inodes.get(inode)?.takeBack();
  }

  /** Whether nothing is open or under way in this process. */
  get isIdle(): boolean {
    const open = this.#files.size + this.#inodes.size;
    return open + this.#uncounted + this.#counted === 0;
  }

  forget(file: HeldFile): void {
    this.#files.delete(file);
  }

  async space(disk: Space): Promise<Space> {
    if (!this.#isCounting) return disk;
    await this.#turning;
    return quotaSpace(disk, await this.#ledger.account());
  }

  async #learn(inode: OpenInode, again: () => Promise<Stats>, credit: Credit | undefined): Promise<void> {
    try {
      const paidBytes = await this.#ledger.hold(inode.key, credit);
      if (paidBytes !== undefined) {
        inode.begin(paidBytes);
        return;
      }
      const stats = await again();
      const sizeBytes = stats.isFile() ? stats.size : 0;
      inode.begin(await this.#ledger.known(inode.key, sizeBytes, stats.nlink > 0));
    } catch (error) {
      this.#inodes.delete(inode.key);
      await this.#ledger.release(inode.key);
      throw error;
    }
  }

  async #adopt(): Promise<void> {
    if (this.#uncounted > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve));
    // It may have ended by now.
    if (!this.#isCounting) return;
    await Promise.allSettled([...this.#files].map((file) => file.adopt()));
  }
}

/** Folders have one name, and count links of their own. */
function isLastName(stats: Stats): boolean {
  return stats.isDirectory() || stats.nlink <= 1;
}
