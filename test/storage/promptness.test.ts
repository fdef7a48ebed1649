// When calls are made at once, and when in a thread. The clock is the test's.

import test from 'ava';
import { Promptness } from '../../src/storage/promptness.ts';

function disk() {
  let nowMs = 5_000;
  const promptness = new Promptness(() => nowMs);
  return {
    promptness,
    pause: (ms: number) => {
      nowMs += ms;
    },
    /** A call in a thread that takes so long. */
    aside: (ms: number) =>
      promptness.aside(async () => {
        nowMs += ms;
      }),
    /** The same, made at once. */
    atOnce: (ms: number) => {
      promptness.atOnce(() => {
        nowMs += ms;
      });
    },
  };
}

test('promptness: a disk is asked in a thread first, and at once when that was quick', async (t) => {
  const { promptness, aside, atOnce } = disk();
  t.false(promptness.isPrompt);
  await aside(1);
  t.true(promptness.isPrompt);
  atOnce(1);
  t.true(promptness.isPrompt);
});

test('promptness: after a pause the first call is made in a thread again', async (t) => {
  const { promptness, aside, pause } = disk();
  await aside(1);
  pause(50);
  t.true(promptness.isPrompt);
  pause(100);
  t.false(promptness.isPrompt);
  await aside(1);
  t.true(promptness.isPrompt);
});

test('promptness: one slow call, and all wait in threads for a while, for longer each time', async (t) => {
  const { promptness, aside, atOnce, pause } = disk();
  let shares = 0;
  for (const doubtMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    await aside(1);
    t.true(promptness.isPrompt);
    atOnce(200);
    pause(doubtMs - 2);
    await aside(1);
    t.false(promptness.isPrompt, `${doubtMs} ms are not over`);
    pause(1);
    shares += 1;
  }
  t.is(shares, 8);
});

test('promptness: slow calls in threads do not prolong the doubt by themselves, but end the trust', async (t) => {
  const { promptness, aside, pause } = disk();
  await aside(500);
  t.false(promptness.isPrompt);
  await aside(500);
  pause(500);
  t.false(promptness.isPrompt, 'none was quick since');
  await aside(1);
  t.true(promptness.isPrompt);
});

test('promptness: after a minute without a slow call the next doubt is short again', async (t) => {
  const { promptness, aside, atOnce, pause } = disk();
  await aside(1);
  atOnce(200);
  pause(1000);
  await aside(1);
  atOnce(200);
  pause(2000 + 61_000);
  await aside(1);
  atOnce(200);
  pause(998);
  await aside(1);
  t.false(promptness.isPrompt);
  pause(1);
  t.true(promptness.isPrompt);
});

test('promptness: what throws counts as what answers', async (t) => {
  const { promptness, aside, pause } = disk();
  await aside(1);
  t.throws(
    () =>
      promptness.atOnce(() => {
        pause(200);
        throw new Error('ENOENT');
      }),
    { message: 'ENOENT' },
  );
  t.false(promptness.isPrompt);
  await t.throwsAsync(
    promptness.aside(() => Promise.reject(new Error('EIO'))),
    { message: 'EIO' },
  );
});
