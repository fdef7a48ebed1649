// Takes things one by one, and hands on together what came within 20 ms: records of the log. To make a line of one takes
// longer than many an operation, and whoever waits for the answer to that need not wait for the line as well; and standard
// error is written to synchronously: a write for each of thousands of small files was a sixth of the server's time.

/** How long a thing may wait for others. */
const WAIT_MS = 20;

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
 * Nothing stays behind at the end of the process; only a kill that no program sees can take the last ones with it.
 *
 * @param handOn called with what came, in its order; must not throw
 */
export function createBatch<Thing>(handOn: (things: readonly Thing[]) => void): Batch<Thing> {
  let waiting: Thing[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const things = waiting;
    waiting = [];
    if (things.length > 0) handOn(things);
  };
  flushAtExit.add(flush);

  return {
    add(thing) {
      waiting.push(thing);
      if (waiting.length >= MAX_WAITING) flush();
      else timer ??= setTimeout(flush, WAIT_MS);
    },
    close() {
      flushAtExit.delete(flush);
      flush();
    },
  };
}
