// A log for tests: keeps what nobody foresaw, and drops the rest.

import type { Log } from '../../src/model/log.ts';

export interface TestLog extends Log {
  /** What went to `unexpected`, whose ids are `e1`, `e2` and so on. */
  readonly unforeseen: unknown[];
}

export function createTestLog(): TestLog {
  const unforeseen: unknown[] = [];
  const ignore = (): void => undefined;
  return {
    error: ignore,
    warn: ignore,
    info: ignore,
    debug: ignore,
    unexpected: (error) => `e${unforeseen.push(error)}`,
    unforeseen,
  };
}
