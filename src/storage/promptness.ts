// Whether the disks of this machine answer at once. Calls on names (open, lstat, unlink ...) take some microseconds when
// what they ask for is in the kernel's memory, and to hand one to a thread and to be woken again costs ten times that.
// So they are made at once, for as long as they prove to be quick. Who made us wait is made to wait: after one slow call
// all are made in threads for a while, a longer one each time, and so is the first after a pause, in which a disk may have
// come to a stand unseen. So what a slow disk takes from everybody is one call now and then. And whoever asks on and on, as
// who looks through a large tree, asks in a thread now and then: until that answers, everybody else has a turn. While a
// call in a thread has not answered for long, none is made at once.
//
// The content of small files goes the same way, with a Promptness of its own (content-calls.ts).
//
// On a busy machine a call is slow as well when other programs have the processor meanwhile: then threads would be slower
// still. So where a call took a little long, the next ones are watched for whether they sleep.

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** A quick call takes a hundredth of that. */
const SLOW_MS = 10;
/** Nobody is kept from the processor for so long, as long as a machine is of any use. */
const STANDSTILL_MS = 100;
/** So many calls after one that took a little long: to look takes longer than a call. */
const WATCHED_CALLS = 32;
const PAUSE_MS = 100;
const FIRST_DOUBT_MS = 1000;
const MAX_DOUBT_MS = 60_000;

/** So long calls may be made at once before everything else in the process has a turn, */
const MAX_BURST_MS = 5;
/** counted from where they took so long, or were so many. To be told that everything has had a turn costs a turn. */
const UNCOUNTED_MS = 0.5;
const UNCOUNTED_CALLS = 32;

export class Promptness {
  readonly #now: () => number;
  #lastQuickMs = Number.NEGATIVE_INFINITY;
  #doubtedUntilMs = Number.NEGATIVE_INFINITY;
  #doubtMs = FIRST_DOUBT_MS;
  /** Since when others are known to have had no turn. */
  #burstSinceMs: number | undefined;
  /** Calls at once, and how long they took, since others were known to have a turn. */
  #callsAtOnce = 0;
  #atOnceMs = 0;
  readonly #endBurst = (): void => {
    this.#burstSinceMs = undefined;
    this.#callsAtOnce = 0;
    this.#atOnceMs = 0;
  };
  /** When the calls in threads began that have not answered, the oldest first. */
  readonly #asideSince = new Set<{ readonly ms: number }>();
  /** How many more calls are watched. */
  #watched = 0;
  readonly #timesSlept: () => number | undefined;

  /**
   * @param now a clock in milliseconds that never goes back
   * @param timesSlept how often this thread has waited for something; undefined where that can't be known
   */
  constructor(now: () => number = () => performance.now(), timesSlept: () => number | undefined = readTimesSlept) {
    this.#now = now;
    this.#timesSlept = timesSlept;
  }

  /** Whether the next call may be made at once. */
  get isPrompt(): boolean {
    const now = this.#now();
    const isLongBurst = this.#burstSinceMs !== undefined && now - this.#burstSinceMs >= MAX_BURST_MS;
    if (isLongBurst || now - this.#lastQuickMs >= PAUSE_MS || now < this.#doubtedUntilMs) return false;
    for (const { ms } of this.#asideSince) return now - ms < SLOW_MS;
    return true;
  }

  /** Makes a call at once. */
  atOnce<T>(call: () => T): T {
    const startedMs = this.#now();
    const sleptBefore = this.#watched > 0 ? this.#timesSlept() : undefined;
    this.#watched -= this.#watched > 0 ? 1 : 0;
    try {
      return call();
    } finally {
      const now = this.#now();
      const tookMs = now - startedMs;
      this.#callsAtOnce += 1;
      this.#atOnceMs += tookMs;
      const isCounted = this.#callsAtOnce >= UNCOUNTED_CALLS || this.#atOnceMs >= UNCOUNTED_MS;
      if (isCounted && this.#burstSinceMs === undefined) {
        this.#burstSinceMs = startedMs;
        setImmediate(this.#endBurst);
      }
      if (tookMs < SLOW_MS) this.#wasQuick(now);
      else if (tookMs >= STANDSTILL_MS) this.#doubt();
      else if (sleptBefore === undefined) this.#watch();
      else if (this.#timesSlept() !== sleptBefore) this.#doubt();
      else this.#watch();
    }
  }

  /** Makes a call that waits in a thread. */
  async aside<T>(call: () => Promise<T>): Promise<T> {
    const answered = this.beginAside();
    try {
      return await call();
    } finally {
      answered();
    }
  }

  /** To be called when a call is made that waits in a thread, and what it returns when that has answered. */
  beginAside(): () => void {
    const since = { ms: this.#now() };
    this.#asideSince.add(since);
    return () => {
      this.#asideSince.delete(since);
      this.#endBurst();
      const now = this.#now();
      const tookMs = now - since.ms;
      if (tookMs < SLOW_MS) this.#wasQuick(now);
      else if (tookMs >= STANDSTILL_MS) this.#doubt();
      // It may have waited for its turn, on either side.
      else this.#lastQuickMs = Number.NEGATIVE_INFINITY;
    };
  }

  #wasQuick(now: number): void {
    this.#lastQuickMs = now;
    // Long after the doubt has ended it was one bad moment, and the next one begins anew.
    if (now - this.#doubtedUntilMs > MAX_DOUBT_MS) this.#doubtMs = FIRST_DOUBT_MS;
  }

  #doubt(): void {
    const now = this.#now();
    if (now < this.#doubtedUntilMs) return;
    this.#doubtedUntilMs = now + this.#doubtMs;
    this.#doubtMs = Math.min(this.#doubtMs * 2, MAX_DOUBT_MS);
  }

  #watch(): void {
    if (this.#timesSlept() === undefined) this.#doubt();
    else this.#watched = WATCHED_CALLS;
  }
}

/**
 * How often this thread has waited for something, undefined where the kernel does not say: see proc_pid_status(5). To have the
 * processor taken away is not to wait. Reading it waits for no disk.
 */
export function readTimesSlept(): number | undefined {
  try {
    const times = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))?.[1];
    return times === undefined ? undefined : Number(times);
  } catch {
    // Not Linux, or without /proc.
    return undefined;
  }
}
