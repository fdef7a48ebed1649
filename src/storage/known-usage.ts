// What is known to be in a tree, and how it comes to be known: by what was saved, or by a scan that finds out. Knows no files.
// How a live scan stays right: it has the lock, so no name changes; and while it walks, nobody pays and nobody is given back
// (the ledger sees to that).

import type { Usage } from '../model/usage.ts';
import type { Inode } from './ledger.ts';
import { NOTHING, plus } from './ledger-mark.ts';
import { Mutex } from './mutex.ts';

/** What is remembered of a tree while nobody changes it. */
export interface UsageStore {
  load(): Promise<Usage | undefined>;
  save(usage: Usage): Promise<void>;
  /** What was saved holds no longer. Resolves when it is gone for good. */
  drop(): Promise<void>;
}

/** What the ledger has to say while its tree is counted. */
export interface Survey {
  /** What an open file counts as; undefined: by what the walk finds. */
  readonly countOf: (inode: Inode) => Usage | undefined;
  /** What is in the tree, when this was found. */
  readonly total: (found: Usage) => Usage;
}

export interface KnownUsageParts {
  readonly store: UsageStore;
  /** Walks the tree. */
  readonly count: (countOf: Survey['countOf']) => Promise<Usage>;
  /** Asked when the walk is about to begin; `isDoubted`: somebody is gone in the midst of a change. */
  readonly survey: (isDoubted: boolean) => Survey;
  /** Resolves when all who change the tree tell of it: until then what is in it can't be known. At once unless told. */
  readonly allCount?: () => Promise<void>;
}

/**
 * `off`: without a quota nothing is counted. `unknown`: to be loaded, or scanned. `resting`: as it was saved, or about to
 * be. `counting`: known here alone.
 */
type State = 'off' | 'unknown' | 'resting' | 'counting';

export class KnownUsage {
  readonly #parts: KnownUsageParts;
  readonly #names = new Mutex();
  #state: State = 'off';
  /** How often it was turned on. What was found before the last time may have been changed since by whom nobody asked. */
  #timesOn = 0;
  #used: Usage = NOTHING;
  #loading: Promise<void> | undefined;
  #dropping: Promise<void> | undefined;
  #scanning: Promise<Usage> | undefined;
  #walk: Promise<void> | undefined;
  /** What is counted may not be what is there: somebody is gone in the midst of it. */
  #isDoubted = false;

  constructor(parts: KnownUsageParts) {
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
    await this.#parts.store.drop();
  }

  /** Saves what is known, if that may have changed. To be called when nobody has anything open in the tree. */
  async rest(): Promise<void> {
    if (this.#state !== 'counting' || !this.isIdle) return;
    this.#state = 'resting';
    await this.#parts.store.save(this.#used);
  }

  /** What is in the tree, if that `isKnown`. */
  get used(): Usage {
    return this.#used;
  }

  get isKnown(): boolean {
    return this.#state === 'resting' || this.#state === 'counting';
  }

  /** Whether it must be learnt, by `load`. */
  get isUnknown(): boolean {
    return this.#state === 'unknown';
  }

  /** Whether what is added is counted. */
  get isCounting(): boolean {
    return this.#state === 'counting';
  }

  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** Settles with the walk of a scan, and never rejects; undefined while nobody walks. */
  get walk(): Promise<void> | undefined {
    return this.#walk;
  }

  /** What was paid, or given back. */
  add(amount: Usage): void {
    if (this.#state === 'counting') this.#used = plus(this.#used, amount);
  }

  /** Whether nobody changes names, and nothing is to be learnt or being learnt. */
  get isIdle(): boolean {
    const isBusy = this.#isDoubted || this.#scanning !== undefined || this.#loading !== undefined;
    return this.#names.isFree && !isBusy;
  }

  /** Whether it is idle, and knows no more than what was saved. */
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

  /** Resolves when nobody else changes names, and what is in the tree is known beyond doubt. */
  async lock(): Promise<void> {
    while (!this.isReady || this.#isDoubted) await this.makeReady();
    await this.#names.acquire();
  }

  unlock(): void {
    this.#names.release();
  }

  /** Whether it may be changed: what is in the tree is known, nothing says so that could be found after a crash, and nobody walks. */
  get isReady(): boolean {
    return (this.#state === 'off' || this.#state === 'counting') && this.#walk === undefined;
  }

  /** One step towards that. */
  makeReady(): Promise<void> {
    if (this.#walk !== undefined) return this.#walk;
    if (this.#state === 'unknown') return this.load();
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

  load(): Promise<void> {
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
      const { countOf, total } = this.#parts.survey(isDoubted);
      const used = total(await this.#parts.count(countOf));
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
}
