// The book of one tree: what is counted for each file that is open, and what may be counted. Knows no paths and makes no
// system calls; how what is in the tree comes to be known is in known-usage.ts. For an open file what is paid counts, whatever
// its size is just now. While a scan walks, nobody pays and nobody is given back.

import type { Quota } from '../model/rules.ts';
import type { Usage } from '../model/usage.ts';
import { KnownUsage, type KnownUsageParts, type Survey } from './known-usage.ts';
import type { Credit, Grant, Inode, Ledger, Refusal } from './ledger.ts';
import { countOf, creditOf, type Mark, minus, NOTHING, plus } from './ledger-mark.ts';

export interface TreeLedgerParts extends Omit<KnownUsageParts, 'survey'> {
  readonly quota: () => Quota;
  /** Asks who holds these files to give back, by `takeBack`, what they were let pay ahead and have not used. */
  readonly askBack?: (inodes: readonly Inode[]) => Promise<void>;
  /** How much of a file may be paid for ahead; nothing unless told. */
  readonly aheadBytes?: number;
}

/** Paid ahead is only where so many times as much is free. */
const AHEAD_ROOM = 16;

export class TreeLedger implements Ledger {
  readonly #parts: TreeLedgerParts;
  readonly #marks = new Map<Inode, Mark>();
  /** Files that an upload has the credit of replacing. */
  readonly #credited = new Set<Inode>();
  readonly #known: KnownUsage;

  constructor(parts: TreeLedgerParts) {
    this.#parts = parts;
    this.#known = new KnownUsage({ ...parts, survey: (isDoubted) => this.#survey(isDoubted) });
  }

  /** From now on it counts. */
  turnOn(): void {
    this.#known.turnOn();
  }

  /** From now on it does not; what is known and saved holds no longer. */
  async turnOff(): Promise<void> {
    this.#marks.clear();
    this.#credited.clear();
    await this.#known.turnOff();
  }

  /** Saves what is in the tree, if nothing is under way in it. */
  async rest(): Promise<void> {
    if (this.isIdle) await this.#known.rest();
  }

  /** What is known to be in the tree; undefined when nothing is. */
  get used(): Usage | undefined {
    return this.#known.isKnown ? this.#known.used : undefined;
  }

  /** Whether nobody has anything open or under way in the tree. */
  get isIdle(): boolean {
    return this.#marks.size === 0 && this.#known.isIdle;
  }

  /** Whether it knows no more than what was saved, and nobody has anything open or under way. */
  get isAtRest(): boolean {
    return this.#marks.size === 0 && this.#known.isAtRest;
  }

  /** Counts anew what is in the tree. Whoever would change it waits. */
  scan(): Promise<Usage> {
    return this.#known.scan();
  }

  /** What is counted may not be what is there: see KnownUsage. */
  doubt(): void {
    this.#known.doubt();
  }

  /** Somebody who held it, so many times, tells nothing more of it. What is counted for it stays counted: see `doubt`. */
  forget(inode: Inode, times: number): void {
    const mark = this.#marks.get(inode);
    if (mark === undefined) return;
    mark.holders -= times;
    // Nobody knows how long it is.
    Object.assign(mark, { isLoose: true, isAhead: false, taken: NOTHING });
    if (mark.holders > 0) return;
    this.#marks.delete(inode);
    this.#endCredit(mark);
  }

  lock(): Promise<void> {
    return this.#known.lock();
  }

  async unlock(): Promise<void> {
    this.#known.unlock();
  }

  async take(amount: Usage): Promise<Refusal | undefined> {
    return this.#take(amount);
  }

  async credit(of: Inode): Promise<boolean> {
    if (this.#credited.has(of)) return false;
    this.#credited.add(of);
    return true;
  }

  async uncredit(of: Inode): Promise<void> {
    this.#credited.delete(of);
  }

  async hold(inode: Inode, credit?: Credit): Promise<number | undefined> {
    const mark = this.#marks.get(inode);
    if (mark !== undefined) {
      mark.holders += 1;
      return mark.paidBytes;
    }
    const { bytes: creditBytes = 0, of } = credit ?? {};
    // It may have been cut since it was looked at.
    const creditedBytes = (of === undefined ? undefined : this.#marks.get(of)?.paidBytes) ?? creditBytes;
    this.#marks.set(inode, {
      holders: 1,
      paidBytes: undefined,
      appendBytes: 0,
      isLoose: false,
      isAhead: false,
      creditBytes: Math.min(creditBytes, creditedBytes),
      files: credit === undefined ? 1 : 0,
      replaces: credit?.of,
      taken: NOTHING,
      hasName: true,
    });
    return undefined;
  }

  async known(inode: Inode, sizeBytes: number, hasName: boolean): Promise<number> {
    const mark = this.#marks.get(inode);
    if (mark === undefined) return sizeBytes;
    if (mark.paidBytes === undefined) {
      mark.paidBytes = sizeBytes;
      if (!hasName) Object.assign(mark, { paidBytes: 0, files: 0, hasName });
    }
    return mark.paidBytes;
  }

  async extend(inode: Inode, bytes: number, isAppend: boolean): Promise<Grant> {
    for (;;) {
      while (!this.#known.isReady) await this.#known.makeReady();
      const mark = this.#marks.get(inode);
      if (mark?.paidBytes === undefined) return { paidBytes: isAppend ? 0 : bytes };
      const paidBytes = isAppend ? mark.paidBytes : Math.max(mark.paidBytes, bytes);
      const appendBytes = mark.appendBytes + (isAppend ? bytes : 0);
      const refusal = this.#take(minus(countOf({ ...mark, paidBytes, appendBytes }), countOf(mark)));
      if (refusal === undefined) {
        Object.assign(mark, { paidBytes, appendBytes });
        return { paidBytes };
      }
      if (!(await this.#makeRoom(refusal))) return { refusal };
    }
  }

  /**
   * Pays for more than was asked, where nobody will miss it, and for a file that only one process has open. Returns what
   * is paid for; undefined when no more is.
   */
  payAhead(inode: Inode): number | undefined {
    const { aheadBytes = 0, quota } = this.#parts;
    const mark = this.#marks.get(inode);
    if (aheadBytes === 0 || !this.#known.isReady || this.#known.isDoubted || !this.#known.isCounting) return undefined;
    if (mark?.paidBytes === undefined || mark.holders > 1 || mark.appendBytes > 0) return undefined;
    const { bytes: limit = Number.POSITIVE_INFINITY } = quota();
    if (limit - this.#known.used.bytes < aheadBytes * AHEAD_ROOM) return undefined;
    const before = countOf(mark);
    Object.assign(mark, { paidBytes: mark.paidBytes + aheadBytes, isAhead: true });
    this.#add(minus(countOf(mark), before));
    return mark.paidBytes;
  }

  /** Whether more is paid for than was asked. */
  isAhead(inode: Inode): boolean {
    return this.#marks.get(inode)?.isAhead === true;
  }

  /** Has those who hold these files give back what they were let pay ahead, and have not used. */
  async askBack(inodes: readonly Inode[]): Promise<void> {
    await this.#parts.askBack?.(inodes);
  }

  /** What is paid for of a file that is open. */
  paidFor(inode: Inode): number | undefined {
    return this.#marks.get(inode)?.paidBytes;
  }

  /** Who was let pay ahead needs no more than this, and asks again before it writes beyond. */
  takeBack(inode: Inode, neededBytes: number): void {
    const mark = this.#marks.get(inode);
    // While somebody walks nobody is given back: it stays paid, and is given back at the close.
    if (mark?.paidBytes === undefined || !mark.isAhead || this.#known.walk !== undefined) return;
    const before = countOf(mark);
    Object.assign(mark, { paidBytes: Math.min(mark.paidBytes, neededBytes), isAhead: false });
    this.#add(minus(countOf(mark), before));
  }

  async settle(inode: Inode, sizeBytes: number): Promise<void> {
    while (this.#known.walk !== undefined) await this.#known.walk;
    const mark = this.#marks.get(inode);
    if (mark?.paidBytes === undefined) return;
    // Another process may be writing: what it has paid for must stay paid.
    mark.isLoose = mark.holders > 1;
    if (mark.isLoose) return;
    const before = countOf(mark);
    Object.assign(mark, { paidBytes: sizeBytes, appendBytes: 0, isAhead: false });
    this.#add(minus(countOf(mark), before));
    this.#limitCredit(inode, sizeBytes);
  }

  async beginReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean): Promise<Refusal | undefined> {
    for (;;) {
      const { adds, frees, mark } = this.#exchange(by, old, isSole);
      const more = { bytes: Math.max(0, adds.bytes - frees.bytes), files: Math.max(0, adds.files - frees.files) };
      const refusal = this.#take(more);
      if (refusal === undefined && mark !== undefined) mark.taken = more;
      if (refusal === undefined || !(await this.#makeRoom(refusal))) return refusal;
    }
  }

  async endReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean, isDone: boolean): Promise<void> {
    const { adds, frees, mark, oldMark, isFreed } = this.#exchange(by, old, isSole);
    const taken = mark?.taken ?? NOTHING;
    if (mark !== undefined) mark.taken = NOTHING;
    if (!isDone) return this.#add(minus(NOTHING, taken));
    this.#add(minus(minus(adds, frees), taken));
    if (mark !== undefined) this.#endCredit(mark);
    if (oldMark === undefined) return;
    oldMark.hasName = false;
    if (!isFreed) return;
    Object.assign(oldMark, { paidBytes: 0, appendBytes: 0, files: 0 });
    if (old !== undefined) this.#loseCredit(old);
  }

  async release(inode: Inode): Promise<boolean> {
    for (;;) {
      const mark = this.#marks.get(inode);
      if (mark === undefined) return true;
      if (mark.holders > 1) {
        mark.holders -= 1;
        return true;
      }
      if ((mark.isLoose || mark.isAhead) && mark.hasName) return false;
      const changesUsage = !mark.hasName || mark.replaces !== undefined;
      if (changesUsage && this.#known.walk !== undefined) {
        await this.#known.walk;
        continue;
      }
      this.#marks.delete(inode);
      if (!mark.hasName) {
        this.#add(minus(NOTHING, countOf(mark)));
        this.#loseCredit(inode);
      }
      // It could neither take its place nor be removed: it is there, beside what it would have replaced.
      else if (mark.replaces !== undefined) this.#add(creditOf(mark));
      this.#endCredit(mark);
      return true;
    }
  }

  async account(): Promise<{ used: Usage; quota: Quota }> {
    while (this.#known.isUnknown) await this.#known.load();
    return { used: this.#known.used, quota: this.#parts.quota() };
  }

  /**
   * For a scan: by what the open files count, and what the tree comes to with those that the walk can't find. In a tree that
   * was in doubt, nobody could tell which names whoever is gone had taken away. What is opened from here on tells itself.
   */
  #survey(isDoubted: boolean): Survey {
    const nameless = new Set<Mark>();
    if (isDoubted) for (const mark of this.#marks.values()) if (mark.paidBytes !== undefined) nameless.add(mark);
    return {
      countOf: (inode) => {
        const mark = this.#marks.get(inode);
        if (mark?.paidBytes === undefined) return undefined;
        nameless.delete(mark);
        return countOf(mark);
      },
      total: (found) => {
        for (const mark of nameless) mark.hasName = false;
        let used = found;
        // What has lost its name while it was open is nowhere to be found.
        for (const mark of this.#marks.values()) if (!mark.hasName) used = plus(used, countOf(mark));
        return used;
      },
    };
  }

  /** Whether something was given back that was paid ahead: what was refused may be had now. */
  async #makeRoom({ of }: Refusal): Promise<boolean> {
    const ahead = [...this.#marks].filter(([, { isAhead }]) => isAhead).map(([inode]) => inode);
    if (of !== 'bytes' || ahead.length === 0) return false;
    const before = this.#known.used.bytes;
    await this.askBack(ahead);
    return this.#known.used.bytes < before;
  }

  /** What changes when `by`, if any, takes the place of `old`. */
  #exchange(by: Inode | undefined, old: Inode | undefined, isSole: boolean) {
    const mark = by === undefined ? undefined : this.#marks.get(by);
    const oldMark = old === undefined ? undefined : this.#marks.get(old);
    const isFreed = oldMark !== undefined && isSole && oldMark.holders === 1;
    return {
      mark,
      oldMark,
      isFreed,
      adds: mark === undefined ? NOTHING : creditOf(mark),
      frees: isFreed ? countOf(oldMark) : NOTHING,
    };
  }

  #endCredit(mark: Mark): void {
    if (mark.replaces === undefined) return;
    this.#credited.delete(mark.replaces);
    Object.assign(mark, { replaces: undefined, creditBytes: 0, files: 1 });
  }

  /** What was counted with `of` and is there no more counts with the upload that has the credit of replacing it. */
  #limitCredit(of: Inode, bytes: number): void {
    if (!this.#credited.has(of)) return;
    for (const mark of this.#marks.values()) {
      if (mark.replaces !== of || mark.creditBytes <= bytes) continue;
      const before = countOf(mark);
      mark.creditBytes = bytes;
      this.#add(minus(countOf(mark), before));
    }
  }

  /** Nothing is counted with `of` any more: the upload that would have replaced it is a file like others. */
  #loseCredit(of: Inode): void {
    if (!this.#credited.has(of)) return;
    for (const mark of this.#marks.values()) {
      if (mark.replaces !== of) continue;
      const before = countOf(mark);
      this.#endCredit(mark);
      this.#add(minus(countOf(mark), before));
    }
  }

  #take(amount: Usage): Refusal | undefined {
    if (!this.#known.isCounting) return undefined;
    const quota = this.#parts.quota();
    for (const of of ['bytes', 'files'] as const) {
      const limit = quota[of];
      const used = this.#known.used[of];
      if (limit !== undefined && amount[of] > 0 && used + amount[of] > limit) return { of, used, limit };
    }
    this.#add(amount);
    return undefined;
  }

  #add(amount: Usage): void {
    this.#known.add(amount);
  }
}
