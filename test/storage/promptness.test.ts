// When calls are made at once, and when in a thread. The clock is the test's.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { ROOT } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';
import { Promptness, readTimesSlept } from '../../src/storage/promptness.ts';
import { createLocalCalls } from '../../src/storage/system-calls.ts';
import { temporaryFolder } from '../helpers/folder.ts';

function disk({ canTell = true } = {}) {
  let nowMs = 5_000;
  let slept = 0;
  const promptness = new Promptness(
    () => nowMs,
    () => (canTell ? slept : undefined),
  );
  return {
    promptness,
    /** One that is made at once, and in which the disk has this thread wait for so long. */
    atOnceAsleep: (ms: number) => {
      promptness.atOnce(() => {
        slept += 1;
        nowMs += ms;
      });
    },
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

test('promptness: who is kept from the processor goes on asking at once, who waits for the disk does not', async (t) => {
  const { promptness, aside, atOnce, atOnceAsleep } = disk();
  await aside(1);
  for (let round = 0; round < 100; round += 1) {
    atOnce(30);
    await aside(1);
    t.true(promptness.isPrompt);
  }
  atOnceAsleep(30);
  await aside(1);
  t.false(promptness.isPrompt);
});

test('promptness: a call that is a little slow has the next 32 watched, and they alone count', async (t) => {
  const { promptness, aside, atOnce, atOnceAsleep } = disk();
  for (let round = 0; round < 5; round += 1) {
    await aside(1);
    atOnceAsleep(30);
    await aside(1);
    t.true(promptness.isPrompt, 'nobody knew whether it slept');
    for (let call = 0; call < 32; call += 1) atOnce(1);
  }
  atOnceAsleep(30);
  for (let call = 0; call < 31; call += 1) atOnce(1);
  atOnceAsleep(30);
  await aside(1);
  t.false(promptness.isPrompt);
});

test('promptness: where it can not be known who slept, a call that is a little slow counts', async (t) => {
  const { promptness, aside, atOnce } = disk({ canTell: false });
  await aside(1);
  atOnce(30);
  await aside(1);
  t.false(promptness.isPrompt);
});

test('promptness: a call in a thread that was a little slow is no proof of anything', async (t) => {
  const { promptness, aside } = disk();
  await aside(1);
  await aside(30);
  t.false(promptness.isPrompt);
  await aside(1);
  t.true(promptness.isPrompt);
});

test('promptness: while a call in a thread has not answered for long, none is made at once', async (t) => {
  const { promptness, aside, atOnce, pause } = disk();
  await aside(1);
  const answered = [promptness.beginAside(), promptness.beginAside()];
  pause(9);
  t.true(promptness.isPrompt);
  atOnce(1);
  t.false(promptness.isPrompt);
  answered[0]?.();
  t.false(promptness.isPrompt, 'one has not answered');
  pause(10);
  answered[1]?.();
  await aside(1);
  t.true(promptness.isPrompt);
});

test('promptness: of this very thread it is known how often it slept', (t) => {
  const before = readTimesSlept();
  if (before === undefined) {
    t.not(process.platform, 'linux');
    return;
  }
  const cell = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(cell, 0, 0, 5);
  t.true((readTimesSlept() ?? 0) > before);
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

/**
 * What was wrong: calls at once follow each other without a turn for anything else in the process: a list of 50,000 entries
 * held up all sessions for more than a second, timers and Ctrl-C included.
 * How reached: `find`, `du`, `list -R` or `delete -r` in the shell, in a home with many files.
 * What this verifies: who asks on and on waits in a thread after a few milliseconds, and is prompt again after that.
 */
test('promptness: calls at once do not go on and on', async (t) => {
  const { promptness, aside, atOnce } = disk();
  await aside(1);
  for (let ms = 0; ms < 5; ms += 1) {
    t.true(promptness.isPrompt);
    atOnce(1);
  }
  t.false(promptness.isPrompt);
  await aside(1);
  t.true(promptness.isPrompt);
  for (let ms = 0; ms < 5; ms += 1) atOnce(1);
  t.false(promptness.isPrompt);
  await nextTurn();
  t.true(promptness.isPrompt, 'everything else had its turn');
});

test('promptness: a long list lets everything else have its turn', async (t) => {
  const homesDirectory = await temporaryFolder(t);
  let nowMs = 0;
  const clock = (): number => {
    nowMs += 0.1;
    return nowMs;
  };
  const local = createLocalCalls(new Promptness(clock));
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held', walkMode: 'sync', local });
  t.teardown(() => storage.close());
  for (let number = 0; number < 300; number += 1) await writeFile(join(homesDirectory, 'alice', `${number}`), '');
  const directory = await storage.list(ROOT, () => undefined);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  for (let entries = await directory.read(100); entries.length > 0; ) entries = await directory.read(100);
  clearImmediate(counting);
  await directory.close();
  t.true(turns >= 10, `${turns} turns`);
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
