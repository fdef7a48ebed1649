// Waiting for what happens outside of the test's own calls, as in the server's log.

import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `condition` holds; fails after `limitMs`. For states that nothing announces to a test. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${condition}`);
    await delay(20);
  }
}
