// Takes things one by one, and hands on together what came until its time: records of the log, and their lines. To make a
// line takes longer than many an operation, and whoever waits for the answer to that need not wait for the line as well. And
// standard error is written to synchronously: a write for each of thousands of small files was a sixth of the server's time.

/** Calls `flush` once, later; what it returns keeps it from that. */
export type Wait = (flush: () => void) => () => void;

/** Until what is going on has been answered. */
export const NEXT_TURN: Wait = (flush) => {
  const immediate = setImmediate(flush);
  return () => clearImmediate(immediate);
};

/** For 20 ms. */
export const A_MOMENT: Wait = (flush) => {
  const timer = setTimeout(flush, 20);
  return () => clearTimeout(timer);
};

/** So many are handed on at once. */
const MAX_WAITING = 200;

/** What is to be done when the process ends, for all that are open: a listener for each would be too many. */
const flushAtExit = new Set<() => void>();
process.on('exit', () => {
  for (const flush of flushAtExit) flush();
});

export interface Batch<Thing> {
  add(thing: Thing): void;
  /** Hands on what waits, now. Nothing is to be added after it. */
  close(): void;
}

/**
 * Nothing stays behind at the end of the process, where those that were made first are handed on first; only a kill that no
 * program sees can take the last ones with it.
 *
 * @param handOn called with what came, in its order; must not throw
 */
export function createBatch<Thing>(wait: Wait, handOn: (things: readonly Thing[]) => void): Batch<Thing> {
  let waiting: Thing[] = [];
  let stopWaiting: (() => void) | undefined;

  const flush = (): void => {
    stopWaiting?.();
    stopWaiting = undefined;
    const things = waiting;
    waiting = [];
    if (things.length > 0) handOn(things);
  };
  flushAtExit.add(flush);

  return {
    add(thing) {
      waiting.push(thing);
      if (waiting.length >= MAX_WAITING) flush();
      else stopWaiting ??= wait(flush);
    },
    close() {
      flushAtExit.delete(flush);
      flush();
    },
  };
}
