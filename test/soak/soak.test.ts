// A short soak of a whole server; `npm run test:soak` is the long one, and docs/reliability.md has what that showed.

import test from 'ava';
import { worksFor } from '../faults/server-under-test.ts';
import { soak, startSoaked } from './soak.ts';
import { connectionsOf, operationsOf, sessionsOf } from './tally.ts';
import { complaintsOf } from './verdict.ts';

test('soak: nothing is left of 400 sessions and 6,000 operations, and memory stays', async (t) => {
  t.timeout(120_000);
  const soaked = await startSoaked(t);
  const options = { sessions: 400, operations: 6_000, rounds: 6, connections: 8, seed: 1 };
  const result = await soak(t, soaked, options);
  t.deepEqual(complaintsOf(result), []);
  t.true(sessionsOf(result.tally) >= options.sessions && operationsOf(result.tally) >= options.operations);
  // What the load is about has happened.
  const { loginsByKey, loginsByPassword, resets, vanished, leftHandles } = result.tally;
  for (const happened of [loginsByKey, loginsByPassword, resets + vanished, leftHandles]) t.true(happened > 0);
  t.is(result.after.descriptors, result.before.descriptors);
  t.is(result.after.homeDescriptors, 0);
  t.is(result.after.liveConnections, 0);
  t.log(`${connectionsOf(result.tally)} connections, ${Math.round(result.seconds)} s`);
  await worksFor(t, await soaked.server.connect('mallory'));
});
