import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { SharedTurns, Turns } from '../../src/storage/turns.ts';

/** Takes `count` turns and tells how many were given. */
function take(turns: Turns, count: number): { given: number } {
  const taken = { given: 0 };
  for (let index = 0; index < count; index += 1) {
    turns.take(() => {
      taken.given += 1;
    });
  }
  return taken;
}

test('turns: no more are given than there are, and each that ends lets the next one in', (t) => {
  const turns = new Turns(2);
  const taken = take(turns, 5);
  t.is(taken.given, 2);
  turns.end();
  t.is(taken.given, 3);
  for (let left = 0; left < 4; left += 1) turns.end();
  t.is(taken.given, 5);
  t.is(take(turns, 3).given, 2);
});

test('turns: a call that throws or rejects gives its turn back', async (t) => {
  const turns = new Turns(1);
  await t.throwsAsync(turns.run(() => Promise.reject(new Error('no'))));
  await t.throwsAsync(
    turns.run(async () => {
      throw new Error('no');
    }),
  );
  t.is(await turns.run(async () => 'done'), 'done');
});

test('turns: a user whose disk stands still leaves turns to others, and a device to other devices', (t) => {
  const shared = new SharedTurns(16);
  const perUser = take(shared.enter('alice').on(1), 100).given;
  t.is(perUser, 2);
  t.is(take(shared.enter('alice').on(1), 100).given, 0, 'all sessions of a user share');
  t.is(take(shared.enter('bob').on(1), 100).given, 2);
  let onDevice = 4;
  for (let user = 0; user < 20; user += 1) onDevice += take(shared.enter(`user${user}`).on(1), 100).given;
  t.is(onDevice, 12, 'three quarters of the threads');
  t.is(take(shared.enter('carol').on(2), 100).given, 2);
});

test('turns: a session whose disk stands still leaves turns to the other sessions of its user', (t) => {
  const shared = new SharedTurns(64);
  t.is(take(shared.enter('alice').on('mixed'), 100).given, 6);
  t.is(take(shared.enter('alice').on('mixed'), 100).given, 2);
});

test('turns: homes in which a part hangs leave turns to those that are on the same disk', (t) => {
  const shared = new SharedTurns(16);
  for (let user = 0; user < 20; user += 1) take(shared.enter(`user${user}`).on('mixed'), 100);
  t.is(take(shared.enter('bob').on(1), 100).given, 2);
});

/**
 * What was wrong: each user had two turns for opening the home, and there was no bound to them in all.
 * How reached: the file system of many homes stands still, and their users try to log in again.
 * What this verifies: whoever opens something, threads are left to those who work.
 */
test('turns: users whose homes can not be opened leave turns to those who work', (t) => {
  const shared = new SharedTurns(16);
  let taken = take(shared.opening, 1).given;
  for (let user = 0; user < 20; user += 1) {
    for (let session = 0; session < 3; session += 1) taken += take(shared.enter(`user${user}`).opening, 1).given;
    take(shared.enter(`user${user}`).on(1), 100);
  }
  t.is(taken, 2);
  t.is(take(shared.enter('bob').on(2), 100).given, 2);
});

test('turns: a user who has left is forgotten', (t) => {
  const shared = new SharedTurns(16);
  const alice = shared.enter('alice');
  const again = shared.enter('alice');
  take(alice.on(1), 1);
  alice.leave();
  t.is(take(again.on(1), 100).given, 1, 'one session is still there');
});

test('turns: a session has no more of them for having several folders on one disk', (t) => {
  const shared = new SharedTurns(64);
  const alice = shared.enter('alice');
  t.is(take(alice.on(1), 100).given, 6);
  t.is(take(alice.on(1), 100).given, 0);
  t.is(take(alice.on(2), 100).given, 6, 'another disk is another matter');
  t.is(take(shared.enter('alice').on(1), 100).given, 2, 'and so is another session');
});

/**
 * What was wrong: a login whose home did not open waited for its turn also when its connection had ended, with all that it
 * had: nothing bounded how many of them did.
 * How reached: a home on a mount that hangs, and a client that connects again and again.
 * What this verifies: whoever is gone waits no longer, and takes no turn from those who wait.
 */
test('turns: whoever is gone waits no longer', async (t) => {
  const turns = new Turns(1);
  turns.take(() => undefined);
  const gone = new AbortController();
  let begun = 0;
  const run = (signal?: AbortSignal): Promise<number> => turns.run(async () => (begun += 1), signal);
  const leaving = [run(gone.signal), run(gone.signal)];
  const staying = [run(new AbortController().signal), run()];
  gone.abort();
  for (const left of [...leaving, run(gone.signal)]) {
    const error = await t.throwsAsync(left);
    t.true(isFileError(error, 'cancelled'));
  }
  turns.end();
  t.deepEqual(await Promise.all(staying), [1, 2]);
  t.is(begun, 2);
  t.is(take(turns, 2).given, 1);
});

test('turns: who is gone before the turn beyond comes gives it back', async (t) => {
  const beyond = new Turns(1);
  const turns = new Turns(1, beyond);
  beyond.take(() => undefined);
  const gone = new AbortController();
  const running = turns.run(async () => 'done', gone.signal);
  gone.abort();
  beyond.end();
  t.is(await running, 'done');
  t.is(await turns.run(async () => 'next'), 'next');
});
