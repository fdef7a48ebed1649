// Many items, a few at a time.

import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { concurrently } from '../../src/client/concurrently.ts';

/*
 * What was wrong: when an item failed, and the source of the items failed because of that, the second failure hid the first.
 * How it was reached: a recursive transfer whose connection was lost said "interrupted" and ended with status 130, and one
 * that was refused a file said so too, whenever the walk came to another folder before it was told.
 * What this verifies: the first failure is the one that is thrown, when what was under way has ended.
 */
test('concurrently: what failed first counts, not what failed because of it', async (t) => {
  const stop = new AbortController();
  let ended = 0;
  async function* items(): AsyncGenerator<number, void> {
    yield 1;
    yield 2;
    while (!stop.signal.aborted) await turn();
    await turn();
    throw new Error('interrupted');
  }
  const work = async (item: number): Promise<void> => {
    await turn();
    if (item === 2) return;
    stop.abort();
    ended += 1;
    throw new Error('connection lost');
  };
  await t.throwsAsync(concurrently(items(), 8, work), { message: 'connection lost' });
  t.is(ended, 1);
});
