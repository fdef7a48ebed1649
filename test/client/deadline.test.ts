import { mock } from 'node:test';
import test from 'ava';
import { startDeadline } from '../../src/client/deadline.ts';

test('deadline: it comes after its time, stands still while people are asked, and can be stopped', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let expired = 0;
  const deadline = startDeadline(1000, () => {
    expired += 1;
  });
  mock.timers.tick(900);
  const { promise, resolve } = withResolver();
  const asking = deadline.during(promise);
  mock.timers.tick(60_000);
  t.is(expired, 0);
  resolve();
  await asking;
  mock.timers.tick(999);
  t.is(expired, 0);
  mock.timers.tick(1);
  t.is(expired, 1);

  const stopped = startDeadline(1000, () => {
    expired += 1;
  });
  stopped.stop();
  await stopped.during(Promise.resolve());
  mock.timers.tick(5000);
  t.is(expired, 1);
});

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
