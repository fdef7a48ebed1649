// When a process that ended is started again: at once if it had lived for a while, later and later if it had not, and not
// at all if it never managed to start.

/** Who lived for so long has not failed at its start. */
const LONG_ENOUGH_MS = 10_000;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 30_000;
/** Starts that may fail one after the other. */
const MAX_FAILED_STARTS = 3;

/** How a process ended: `livedMs` from when it was ready, undefined when it never was. */
export interface End {
  readonly livedMs: number | undefined;
}

export class Restarts {
  #failedStarts = 0;
  #shortLives = 0;

  /** Milliseconds to wait before the next start; undefined: give up. */
  delayAfter({ livedMs }: End): number | undefined {
    this.#failedStarts = livedMs === undefined ? this.#failedStarts + 1 : 0;
    if (this.#failedStarts >= MAX_FAILED_STARTS) return undefined;
    if (livedMs !== undefined && livedMs >= LONG_ENOUGH_MS) {
      this.#shortLives = 0;
      return 0;
    }
    this.#shortLives += 1;
    return Math.min(FIRST_DELAY_MS * 2 ** (this.#shortLives - 1), MAX_DELAY_MS);
  }
}
