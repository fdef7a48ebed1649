import { mock } from 'node:test';
import test from 'ava';
import { startDeadline } from '../../src/client/deadline.ts';

test.serial('deadline: it comes after its time, stands still while people are asked, and can be stopped', async (t) => {
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

/*
 * What was wrong: of two questions that were open at once, the first answer let the time run on, and the second began to count
 * beside it: a clock that nothing stopped, which ended a connection that stood, or one whose user was still typing.
 * How it was reached: a server that asks the next question before the last one is answered.
 * What this verifies: time stands still until all are answered, and stop() ends all of it.
 */
test.serial('deadline: it stands still as long as anything is asked', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let expired = 0;
  const deadline = startDeadline(1000, () => {
    expired += 1;
  });
  const [first, second, third] = [withResolver(), withResolver(), withResolver()];
  const asking = [first, second].map(({ promise }) => deadline.during(promise));
  first.resolve();
  await asking[0];
  mock.timers.tick(60_000);
  t.is(expired, 0);
  second.resolve();
  await asking[1];
  mock.timers.tick(999);
  t.is(expired, 0);
  const last = deadline.during(third.promise);
  third.resolve();
  await last;
  deadline.stop();
  mock.timers.tick(60_000);
  t.is(expired, 0);
});

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
