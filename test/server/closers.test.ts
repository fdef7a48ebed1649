import test from 'ava';
import { closeAll } from '../../src/server/closers.ts';

/*
 * When one thing could not be closed, those opened before it were left open: what was used of quotas, and the penalties, were
 * not written down, and the log was not ended.
 * Reached by any close that fails while a server stops, as on a full disk.
 * Verifies that all are closed, in the opposite order, and that the first failure is told.
 */
test('closers: one that fails keeps no other open', async (t) => {
  const closed: string[] = [];
  const failing = async (): Promise<void> => {
    closed.push('second');
    throw new Error('no space');
  };
  const closers = [() => void closed.push('first'), failing, () => void closed.push('third')];
  await t.throwsAsync(closeAll(closers), { message: 'no space' });
  t.deepEqual(closed, ['third', 'second', 'first']);
  t.deepEqual(closers, []);
});
