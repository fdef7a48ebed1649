// When admission forgets a source, on a clock of the test's own.

import { mock } from 'node:test';
import test from 'ava';
import { Admission } from '../../src/sshd/admission.ts';

const ADDRESS = '192.0.2.1';
const never = new AbortController().signal;

test('admission: a source that comes again is not forgotten for having been away', async (t) => {
  /*
   * What was wrong: each connection that ends has its source forgotten two seconds later; the first to do so made room for
   * a new count, and the next took that away, with the connections in it.
   * How it was reached: two connections a second apart, then as many as allowed, and again as many: up to all of MaxStartups
   * from one source.
   * What this verifies: no more than are allowed.
   */
  let nowMs = 10_000;
  mock.method(performance, 'now', () => nowMs);
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.reset());
  const pass = (ms: number): void => {
    nowMs += ms;
    mock.timers.tick(ms);
  };
  const admission = new Admission({
    isTurnedAway: () => false,
    limits: {
      maxStartups: { begin: 100, ratePercent: 30, full: 200 },
      maxStartupsPerSource: 2,
      connectionsPerSecond: 1000,
    },
  });
  const arrive = () => admission.arrive(ADDRESS, never);
  const comeAndGo = async (): Promise<void> => {
    const place = await arrive();
    if (typeof place !== 'string') place.release();
  };
  await comeAndGo();
  pass(1000);
  await comeAndGo();
  pass(1500);
  t.not(await arrive(), 'dropped');
  t.not(await arrive(), 'dropped');
  t.is(await arrive(), 'dropped');
  pass(1000);
  t.is(await arrive(), 'dropped');
});
