// Whether the disks of this machine answer at once. Calls on names (open, lstat, unlink ...) take some microseconds when
// what they ask for is in the kernel's memory, and to hand one to a thread and to be woken again costs ten times that.
// So they are made at once, for as long as they prove to be quick. Who made us wait is made to wait: after one slow call
// all are made in threads for a while, a longer one each time, and so is the first after a pause, in which a disk may have
// come to a stand unseen. So what a slow disk takes from everybody is one call now and then. Content is never read or
// written here: that waits for a disk as a matter of course.

import { performance } from 'node:perf_hooks';

/** A quick call takes a hundredth of that, also on a busy machine. */
const SLOW_MS = 10;
const PAUSE_MS = 100;
const FIRST_DOUBT_MS = 1000;
const MAX_DOUBT_MS = 60_000;

export class Promptness {
  readonly #now: () => number;
  #lastQuickMs = Number.NEGATIVE_INFINITY;
  #doubtedUntilMs = Number.NEGATIVE_INFINITY;
  #doubtMs = FIRST_DOUBT_MS;

  /** @param now a clock in milliseconds that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the next call may be made at once. */
  get isPrompt(): boolean {
    const now = this.#now();
    return now - this.#lastQuickMs < PAUSE_MS && now >= this.#doubtedUntilMs;
  }

  /** Makes a call at once. */
  atOnce<T>(call: () => T): T {
    const startedMs = this.#now();
    try {
      return call();
    } finally {
      this.#took(startedMs);
    }
  }

  /** Makes a call that waits in a thread. */
  async aside<T>(call: () => Promise<T>): Promise<T> {
    const startedMs = this.#now();
    try {
      return await call();
    } finally {
      this.#took(startedMs);
    }
  }

  #took(startedMs: number): void {
    const now = this.#now();
    if (now - startedMs < SLOW_MS) {
      this.#lastQuickMs = now;
      // Long after the doubt has ended it was one bad moment, and the next one begins anew.
      if (now - this.#doubtedUntilMs > MAX_DOUBT_MS) this.#doubtMs = FIRST_DOUBT_MS;
    } else if (now >= this.#doubtedUntilMs) {
      this.#doubtedUntilMs = now + this.#doubtMs;
      this.#doubtMs = Math.min(this.#doubtMs * 2, MAX_DOUBT_MS);
    }
  }
}
