// Lines for standard error, several in one write. Node writes there synchronously, and thousands of small files are
// thousands of lines: one write for each was a sixth of the server's time.

import { Writable } from 'node:stream';

/** How long a line may wait for others. */
const WAIT_MS = 20;

/** What waits beyond this is written at once. */
const MAX_WAITING = 64 * 1024;

/** What is to be done when the process ends, for all that are open: a listener for each would be too many. */
const flushAtExit = new Set<() => void>();
process.on('exit', () => {
  for (const flush of flushAtExit) flush();
});

/**
 * A stream that passes on to `target` what is written to it within 20 ms in one piece. Nothing stays behind at the end of the
 * process; only a kill that no program sees can take the last lines with it.
 */
export function batchedOutput(target: { write(text: string): unknown }): Writable {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') target.write(text);
  };
  flushAtExit.add(flush);

  return new Writable({
    decodeStrings: false,
    write(text: string, _encoding, callback) {
      waiting += text;
      if (waiting.length > MAX_WAITING) flush();
      else timer ??= setTimeout(flush, WAIT_MS);
      callback();
    },
    final(callback) {
      flushAtExit.delete(flush);
      flush();
      callback();
    },
  });
}
