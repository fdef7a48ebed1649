// The pace of a user whose sessions are in two processes: by a clock that the test holds, over the links that workers have.

import test from 'ava';
import { limitsFrom } from '../../src/access/limits.ts';
import type { Link } from '../../src/cluster/link.ts';
import { isFileError } from '../../src/model/error.ts';
import { createPaces, type Pace, type Paces, type Rates } from '../../src/operations/paces.ts';
import { openFarPaces, sharePacesOver } from '../../src/server/worker-quotas.ts';
import { linkedEnds } from '../cluster/linked.ts';
import { LiveRules } from '../helpers/live-rules.ts';
import { until } from '../helpers/until.ts';
import { FakeClock } from './fake-clock.ts';

const KIB = 1024;
/** Time passes in such steps: what goes over a link takes a turn or two of the event loop, whatever the clock says. */
const STEP_MS = 5;

interface Process {
  readonly paces: Paces;
  readonly link: Link;
  readonly messages: () => number;
  readonly cut: () => void;
}

interface Setting {
  readonly clock: FakeClock;
  readonly rules: LiveRules;
  readonly processes: readonly [Process, Process];
}

function makeProcesses(rate: number | undefined): Setting {
  const clock = new FakeClock();
  const rules = new LiveRules({ alice: { uploadBytesPerSecond: rate } });
  const limits = limitsFrom({ rules, users: () => ['alice'] });
  const ratesOf = (user: string): Rates => {
    const { uploadBytesPerSecond, downloadBytesPerSecond } = limits.ofUser(user);
    return { upload: uploadBytesPerSecond, download: downloadBytesPerSecond };
  };
  const paces = createPaces({ ratesOf, clock });
  const makeProcess = (): Process => {
    const { here, there, arrived, cut } = linkedEnds();
    sharePacesOver(here, paces);
    return { paces: openFarPaces(there, limits), link: there, messages: arrived, cut };
  };
  return { clock, rules, processes: [makeProcess(), makeProcess()] };
}

/** A session that is always busy; counts what has gone. */
function keepBusy(pace: Pace, bytes: number): { gone: number } {
  const busy = { gone: 0 };
  void (async () => {
    for (;;) {
      await pace.upload(bytes);
      busy.gone += bytes;
    }
  })().catch(() => undefined);
  return busy;
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    for (let turns = 0; turns < 6; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(STEP_MS);
  }
}

const never = new AbortController().signal;

test('shared pace: sessions in two processes stay together under the rate, with equal shares', async (t) => {
  const { clock, processes } = makeProcesses(200 * KIB);
  const [one, other] = processes;
  const large = keepBusy(one.paces.enter('alice').until(never), 64 * KIB);
  const small = keepBusy(other.paces.enter('alice').until(never), 8 * KIB);
  for (let seconds = 1; seconds <= 5; seconds += 1) {
    await pass(clock, 1000);
    const most = (seconds + 1 / 8) * 200 * KIB;
    t.true(large.gone + small.gone <= most, `after ${seconds} s: ${large.gone} and ${small.gone}`);
  }
  t.true(large.gone + small.gone >= 4.5 * 200 * KIB, `${large.gone} and ${small.gone}`);
  t.true(Math.abs(large.gone - small.gone) <= 160 * KIB, `${large.gone} and ${small.gone}`);
});

test('shared pace: when one process is gone, the other has the whole rate', async (t) => {
  const { clock, processes } = makeProcesses(200 * KIB);
  const [one, other] = processes;
  keepBusy(one.paces.enter('alice').until(never), 32 * KIB);
  const stays = keepBusy(other.paces.enter('alice').until(never), 32 * KIB);
  await pass(clock, 1000);
  one.cut();
  const before = stays.gone;
  await pass(clock, 2000);
  t.true(stays.gone - before >= 350 * KIB && stays.gone - before <= 450 * KIB, `${stays.gone - before}`);
});

test('shared pace: what waits ends with its session, and leaves its place', async (t) => {
  const { clock, processes } = makeProcesses(10 * KIB);
  const [one, other] = processes;
  const ending = new AbortController();
  const pace = one.paces.enter('alice').until(ending.signal);
  const waits = t.throwsAsync(async () => pace.upload(1000 * KIB));
  await pass(clock, 500);
  ending.abort();
  t.true(isFileError(await waits, 'cancelled'));
  let isGone = false;
  void other.paces
    .enter('alice')
    .until(never)
    .upload(5 * KIB)
    ?.then(() => {
      isGone = true;
    });
  await pass(clock, 1000);
  t.true(isGone);
});

test('shared pace: who has no rate asks nobody; one that is taken away lets go what waits', async (t) => {
  const { clock, rules, processes } = makeProcesses(undefined);
  const [one] = processes;
  const session = one.paces.enter('alice');
  const pace = session.until(never);
  await pass(clock, STEP_MS);
  const before = one.messages();
  for (let times = 0; times < 1000; times += 1) t.is(pace.upload(1024 * KIB), undefined);
  await pass(clock, STEP_MS);
  t.is(one.messages(), before);

  rules.set('alice', { uploadBytesPerSecond: KIB });
  const order: string[] = [];
  const first = pace.upload(100 * KIB)?.then(() => order.push('first'));
  await pass(clock, 500);
  rules.set('alice', {});
  // In the order of the session, though it has no rate by now.
  const second = Promise.resolve(pace.upload(1)).then(() => order.push('second'));
  await pass(clock, 500);
  await Promise.all([first, second]);
  t.deepEqual(order, ['first', 'second']);
  t.is(pace.upload(1024 * KIB), undefined);
});

test('shared pace: a session that has left is forgotten', async (t) => {
  const { clock, processes } = makeProcesses(KIB);
  const session = processes[0].paces.enter('alice');
  session.leave();
  await pass(clock, STEP_MS);
  await until(() => processes[0].messages() === 3);
  t.is(clock.alarms, 0);
});
