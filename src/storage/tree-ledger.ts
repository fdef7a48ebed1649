// The book of one tree: the numbers, the files that are open, and the scan that finds out what is there when nobody knows.
// Knows no paths and makes no system calls. How a live scan stays right: it has the lock, so no name changes; and while
// it walks, nobody pays and nobody is given back. For an open file what is paid counts, whatever its size is just now.

import type { Quota } from '../model/rules.ts';
import type { Usage } from '../model/usage.ts';
import type { Credit, Grant, Inode, Ledger, Refusal } from './ledger.ts';
import { Mutex } from './mutex.ts';

/** What is remembered of a tree while nobody changes it. */
export interface UsageStore {
  load(): Promise<Usage | undefined>;
  save(usage: Usage): Promise<void>;
  /** What was saved holds no longer. Resolves when it is gone for good. */
  drop(): Promise<void>;
}

export interface TreeLedgerParts {
  readonly quota: () => Quota;
  readonly store: UsageStore;
  /** Walks the tree. `countOf` tells what an open file counts as; undefined: by what the walk finds. */
  readonly count: (countOf: (inode: Inode) => Usage | undefined) => Promise<Usage>;
  /** Resolves when all who change the tree tell of it: until then what is in it can't be known. At once unless told. */
  readonly allCount?: () => Promise<void>;
  /** Asks who holds these files to give back, by `takeBack`, what they were let pay ahead and have not used. */
  readonly askBack?: (inodes: readonly Inode[]) => Promise<void>;
  /** How much of a file may be paid for ahead; nothing unless told. */
  readonly aheadBytes?: number;
}

/** Paid ahead is only where so many times as much is free. */
const AHEAD_ROOM = 16;

/** An open file. */
interface Mark {
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

/**
 * `off`: without a quota nothing is counted. `unknown`: to be loaded, or scanned. `resting`: as it was saved, or about to
 * be. `counting`: known here alone.
 */
type State = 'off' | 'unknown' | 'resting' | 'counting';

const NOTHING: Usage = { bytes: 0, files: 0 };

export class TreeLedger implements Ledger {
  readonly #parts: TreeLedgerParts;
  readonly #names = new Mutex();
  readonly #marks = new Map<Inode, Mark>();
  /** Files that an upload has the credit of replacing. */
  readonly #credited = new Set<Inode>();
  #state: State = 'off';
  /** How often it was turned on. What was found before the last time may have been changed since by whom nobody asked. */
  #timesOn = 0;
  #used: Usage = NOTHING;
  #loading: Promise<void> | undefined;
  #dropping: Promise<void> | undefined;
  #scanning: Promise<Usage> | undefined;
  /** Settles with the walk of a scan, and never rejects. */
  #walk: Promise<void> | undefined;
  /** What is counted may not be what is there: somebody is gone in the midst of it. */
  #isDoubted = false;

  constructor(parts: TreeLedgerParts) {
    this.#parts = parts;
  }

  /** From now on it counts. */
  turnOn(): void {
    if (this.#state !== 'off') return;
    this.#state = 'unknown';
    this.#timesOn += 1;
  }

  /** From now on it does not; what is known and saved holds no longer. */
  async turnOff(): Promise<void> {
    this.#state = 'off';
    this.#isDoubted = false;
    this.#marks.clear();
    this.#credited.clear();
    await this.#parts.store.drop();
  }

  /** Saves what is in the tree, if nothing is under way in it. */
  async rest(): Promise<void> {
    if (this.#state !== 'counting' || !this.isIdle) return;
    this.#state = 'resting';
    await this.#parts.store.save(this.#used);
  }

  /** What is known to be in the tree; undefined when nothing is. */
  get used(): Usage | undefined {
    return this.#state === 'resting' || this.#state === 'counting' ? this.#used : undefined;
  }

  /** Whether nobody has anything open or under way in the tree. */
  get isIdle(): boolean {
    const isBusy = this.#isDoubted || this.#scanning !== undefined || this.#loading !== undefined;
    return this.#names.isFree && this.#marks.size === 0 && !isBusy;
  }

  /** Whether it knows no more than what was saved, and nobody has anything open or under way. */
  get isAtRest(): boolean {
    return this.#state !== 'counting' && this.#dropping === undefined && this.isIdle;
  }

  /** Counts anew what is in the tree. Whoever would change it waits. */
  scan(): Promise<Usage> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  /**
   * What is counted may not be what is there. It holds until the tree is counted anew, which is done as soon as nobody
   * changes names, and before anybody else does.
   */
  doubt(): void {
    if (this.#state === 'off') return;
    this.#isDoubted = true;
    // A scan that has begun may have looked already. Who wants to change the tree is told what fails here.
    const settled = this.#scanning?.catch(() => undefined) ?? Promise.resolve();
    void settled.then(() => (this.#isDoubted ? this.scan() : undefined)).catch(() => undefined);
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

  async lock(): Promise<void> {
    while (!this.#isReady || this.#isDoubted) await this.#makeReady();
    await this.#names.acquire();
  }

  async unlock(): Promise<void> {
    this.#names.release();
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
      while (!this.#isReady) await this.#makeReady();
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
    if (aheadBytes === 0 || !this.#isReady || this.#isDoubted || this.#state === 'off') return undefined;
    if (mark?.paidBytes === undefined || mark.holders > 1 || mark.appendBytes > 0) return undefined;
    const { bytes: limit = Number.POSITIVE_INFINITY } = quota();
    if (limit - this.#used.bytes < aheadBytes * AHEAD_ROOM) return undefined;
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
    if (mark?.paidBytes === undefined || !mark.isAhead || this.#walk !== undefined) return;
    const before = countOf(mark);
    Object.assign(mark, { paidBytes: Math.min(mark.paidBytes, neededBytes), isAhead: false });
    this.#add(minus(countOf(mark), before));
  }

  async settle(inode: Inode, sizeBytes: number): Promise<void> {
    while (this.#walk !== undefined) await this.#walk;
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
      if (changesUsage && this.#walk !== undefined) {
        await this.#walk;
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
    while (this.#state === 'unknown') await this.#load();
    return { used: this.#used, quota: this.#parts.quota() };
  }

  /** Whether it may be changed: what is in the tree is known, nothing says so that could be found after a crash, and nobody walks. */
  get #isReady(): boolean {
    return (this.#state === 'off' || this.#state === 'counting') && this.#walk === undefined;
  }

  #makeReady(): Promise<void> {
    if (this.#walk !== undefined) return this.#walk;
    if (this.#state === 'unknown') return this.#load();
    if (this.#isDoubted) return this.scan().then(() => undefined);
    this.#dropping ??= this.#drop().finally(() => {
      this.#dropping = undefined;
    });
    return this.#dropping;
  }

  async #drop(): Promise<void> {
    await this.#parts.store.drop();
    if (this.#state === 'resting') this.#state = 'counting';
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadNow().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadNow(): Promise<void> {
    const timesOn = this.#timesOn;
    await this.#parts.allCount?.();
    const saved = this.#isDoubted ? undefined : await this.#parts.store.load();
    if (this.#state !== 'unknown' || timesOn !== this.#timesOn) return;
    if (saved === undefined) {
      await this.scan();
      return;
    }
    this.#used = saved;
    this.#state = 'resting';
  }

  async #scan(): Promise<Usage> {
    const timesOn = this.#timesOn;
    await this.#parts.allCount?.();
    await this.#names.acquire();
    const isDoubted = this.#isDoubted;
    this.#isDoubted = false;
    let walked = (): void => undefined;
    this.#walk = new Promise((resolve) => {
      walked = resolve;
    });
    try {
      await this.#parts.store.drop();
      // Whoever is gone could not tell which names it had taken away. What is opened from here on tells itself.
      const nameless = new Set<Mark>();
      if (isDoubted) for (const mark of this.#marks.values()) if (mark.paidBytes !== undefined) nameless.add(mark);
      let used = await this.#parts.count((inode) => {
        const mark = this.#marks.get(inode);
        if (mark?.paidBytes === undefined) return undefined;
        nameless.delete(mark);
        return countOf(mark);
      });
      for (const mark of nameless) mark.hasName = false;
      // What has lost its name while it was open is nowhere to be found.
      for (const mark of this.#marks.values()) if (!mark.hasName) used = plus(used, countOf(mark));
      this.#used = used;
      if (this.#state !== 'off' && timesOn === this.#timesOn) this.#state = 'counting';
      return used;
    } catch (error) {
      this.#isDoubted ||= isDoubted;
      throw error;
    } finally {
      this.#walk = undefined;
      walked();
      this.#names.release();
    }
  }

  /** Whether something was given back that was paid ahead: what was refused may be had now. */
  async #makeRoom({ of }: Refusal): Promise<boolean> {
    const ahead = [...this.#marks].filter(([, { isAhead }]) => isAhead).map(([inode]) => inode);
    if (of !== 'bytes' || ahead.length === 0) return false;
    const before = this.#used.bytes;
    await this.askBack(ahead);
    return this.#used.bytes < before;
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
    if (this.#state !== 'counting') return undefined;
    const quota = this.#parts.quota();
    for (const of of ['bytes', 'files'] as const) {
      const limit = quota[of];
      const used = this.#used[of];
      if (limit !== undefined && amount[of] > 0 && used + amount[of] > limit) return { of, used, limit };
    }
    this.#add(amount);
    return undefined;
  }

  #add(amount: Usage): void {
    if (this.#state === 'counting') this.#used = plus(this.#used, amount);
  }
}

/** What it counts as. */
function countOf({ paidBytes = 0, appendBytes, creditBytes, files }: Mark): Usage {
  return { bytes: Math.max(0, paidBytes + appendBytes - creditBytes), files };
}

/** What is counted with the file to be replaced. */
function creditOf({ replaces, creditBytes, paidBytes = 0, appendBytes }: Mark): Usage {
  return replaces === undefined ? NOTHING : { bytes: Math.min(creditBytes, paidBytes + appendBytes), files: 1 };
}

function plus(one: Usage, other: Usage): Usage {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files };
}

function minus(one: Usage, other: Usage): Usage {
  return { bytes: one.bytes - other.bytes, files: one.files - other.files };
}
