import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { Pacer } from '../../src/operations/pacer.ts';
import { createPaces, type Rates, type SessionPace } from '../../src/operations/paces.ts';
import { FakeClock } from './fake-clock.ts';

const KIB = 1024;
const never = new AbortController().signal;

interface Setting {
  readonly clock: FakeClock;
  readonly pacer: Pacer;
  rate: number | undefined;
}

function makePacer(rate: number | undefined): Setting {
  const clock = new FakeClock();
  const setting: Setting = { clock, rate, pacer: new Pacer({ bytesPerSecond: () => setting.rate, clock }) };
  return setting;
}

/** Asks for `bytes` again and again, as a session that is always busy; counts what has gone. */
function keepBusy(
  pacer: Pacer,
  bytes: number,
  signal: AbortSignal = never,
): { gone: number; readonly ended: Promise<void> } {
  const session = {};
  const busy = { gone: 0, ended: Promise.resolve() };
  busy.ended = (async () => {
    for (;;) {
      const waiting = pacer.pass(session, bytes, signal);
      await waiting;
      busy.gone += bytes;
    }
  })();
  // It ends with its signal, if at all.
  busy.ended.catch(() => undefined);
  return busy;
}

test('pace: without a rate nothing waits', (t) => {
  const { clock, pacer } = makePacer(undefined);
  for (let times = 0; times < 1000; times += 1) t.is(pacer.pass({}, 1024 * KIB, never), undefined);
  t.is(clock.alarms, 0);
});

/**
 * What was wrong: what had no bytes took its place behind those that waited, and could never go: each turn gave it
 * nothing, as nothing was left of it, and all downloads of the user stood still for good.
 * How reached: the last read of a file, which finds its end, while another session of the user waits.
 * What this verifies: nothing goes at once, and those that wait go on.
 */
test('pace: what has no bytes waits for nobody, and holds up nobody', async (t) => {
  const { clock, pacer } = makePacer(80 * KIB);
  const busy = keepBusy(pacer, 32 * KIB);
  await clock.advance(1000);
  const nothing = pacer.pass({}, 0, never);
  const before = busy.gone;
  await clock.advance(4000);
  t.true(busy.gone >= before + 288 * KIB);
  t.is(nothing, undefined);
});

test('pace: an eighth of a second goes at once, the rest at the rate', async (t) => {
  const { clock, pacer } = makePacer(80 * KIB);
  t.is(pacer.pass({}, 10 * KIB, never), undefined);
  let isGone = false;
  void pacer.pass({}, 40 * KIB, never)?.then(() => {
    isGone = true;
  });
  await clock.advance(499);
  t.false(isGone);
  await clock.advance(2);
  t.true(isGone);
  t.is(clock.alarms, 0);
});

test('pace: what was not used is not saved up', async (t) => {
  const { clock, pacer } = makePacer(80 * KIB);
  await clock.advance(3_600_000);
  t.is(pacer.pass({}, 10 * KIB, never), undefined);
  t.not(pacer.pass({}, KIB, never), undefined);
});

test('pace: over any time it is the rate, however large the requests', async (t) => {
  for (const bytes of [100, 32 * KIB, 255 * KIB]) {
    const { clock, pacer } = makePacer(200 * KIB);
    const busy = keepBusy(pacer, bytes);
    const goneAt: number[] = [];
    for (let seconds = 0; seconds < 20; seconds += 1) {
      await clock.advance(1000);
      goneAt.push(busy.gone);
    }
    const most = 20 * 200 * KIB + 25 * KIB;
    t.true(busy.gone <= most && busy.gone >= most - 50 * KIB - bytes, `${busy.gone} in pieces of ${bytes}`);
    // Smooth: in no second more than the rate, an eighth, and what the request had waited for.
    for (const [second, gone] of goneAt.entries()) {
      t.true(gone - (goneAt[second - 1] ?? 0) <= 225 * KIB + bytes, `second ${second} in pieces of ${bytes}`);
    }
  }
});

test('pace: sessions have equal shares, whatever they ask for at once', async (t) => {
  const { clock, pacer } = makePacer(300 * KIB);
  const large = keepBusy(pacer, 255 * KIB);
  const small = keepBusy(pacer, 4 * KIB);
  const medium = keepBusy(pacer, 32 * KIB);
  await clock.advance(60_000);
  const share = (60 * 300 * KIB) / 3;
  for (const { gone } of [large, small, medium]) t.true(Math.abs(gone - share) < 300 * KIB, `${gone} of ${share}`);
});

test('pace: a session has one share, however many of its requests wait', async (t) => {
  const { clock, pacer } = makePacer(100 * KIB);
  const session = {};
  let greedy = 0;
  for (let times = 0; times < 64; times += 1) {
    void pacer.pass(session, 32 * KIB, never)?.then(() => {
      greedy += 32 * KIB;
    });
  }
  const modest = keepBusy(pacer, 8 * KIB);
  await clock.advance(10_000);
  t.true(Math.abs(modest.gone - greedy) <= 64 * KIB, `${modest.gone} and ${greedy}`);
});

test('pace: what one session asks for goes in the order it was asked', async (t) => {
  const { clock, pacer } = makePacer(10 * KIB);
  const session = {};
  const order: number[] = [];
  for (const [index, bytes] of [20 * KIB, 1, 5 * KIB, 1].entries()) {
    void pacer.pass(session, bytes, never)?.then(() => order.push(index));
  }
  await clock.advance(10_000);
  t.deepEqual(order, [0, 1, 2, 3]);
});

test('pace: who goes away leaves the place, and what it had got, to the others', async (t) => {
  const { clock, pacer } = makePacer(100 * KIB);
  const going = new AbortController();
  const session = {};
  const waits = Array.from({ length: 8 }, () => pacer.pass(session, 255 * KIB, going.signal));
  const staying = keepBusy(pacer, 10 * KIB);
  await clock.advance(1000);
  going.abort();
  pacer.abort(session);
  for (const wait of waits) t.true(isFileError(await t.throwsAsync(wait ?? Promise.resolve()), 'cancelled'));
  await t.throwsAsync(pacer.pass(session, 1, going.signal) ?? Promise.resolve(), { message: /Interrupted/ });
  const before = staying.gone;
  await clock.advance(10_000);
  t.true(staying.gone - before >= 1000 * KIB - 20 * KIB, `${staying.gone - before}`);
});

test('pace: a rate that is changed counts for those who wait', async (t) => {
  const setting = makePacer(KIB);
  const { clock, pacer } = setting;
  let isGone = false;
  void pacer.pass({}, 100 * KIB, never)?.then(() => {
    isGone = true;
  });
  await clock.advance(1000);
  setting.rate = 1000 * KIB;
  await clock.advance(250);
  t.true(isGone);
  void pacer.pass({}, 10_000 * KIB, never);
  setting.rate = undefined;
  await clock.advance(125);
  t.is(pacer.pass({}, 10_000 * KIB, never), undefined);
  t.is(clock.alarms, 0);
  setting.rate = KIB;
  t.not(pacer.pass({}, 10_000 * KIB, never), undefined);
});

test('pace: users do not wait for each other, nor up for down, and a user has one pace in all sessions', async (t) => {
  const clock = new FakeClock();
  const rates: Record<string, Rates> = {
    alice: { upload: 100 * KIB, download: undefined },
    bob: { upload: undefined, download: 50 * KIB },
  };
  const paces = createPaces({ ratesOf: (user) => rates[user] ?? { upload: undefined, download: undefined }, clock });
  const [one, other, bob] = ['alice', 'alice', 'bob'].map((user) => paces.enter(user)) as [
    SessionPace,
    SessionPace,
    SessionPace,
  ];
  t.is(one.until(never).upload(12 * KIB), undefined);
  const waiting = other.until(never).upload(50 * KIB);
  t.not(waiting, undefined);
  t.is(one.until(never).download(10_000 * KIB), undefined);
  t.is(bob.until(never).upload(10_000 * KIB), undefined);
  t.is(bob.until(never).download(6 * KIB), undefined);
  t.not(bob.until(never).download(6 * KIB), undefined);
  await clock.advance(1000);
  await waiting;
  one.leave();
  t.not(other.until(never).upload(50 * KIB), undefined, 'the pace of the others stays');
});

/**
 * What was wrong: a session that left twice left for another one, too: with nobody there as it seemed, the next session had a
 * pace of its own, and the user went twice as fast as is allowed, and so on.
 * How reached: a connection that ends while its home is being opened closes its session when that is there, and at its end.
 * What this verifies: the others of the user keep the one pace.
 */
test('pace: a session that leaves twice leaves once', (t) => {
  const clock = new FakeClock();
  const paces = createPaces({ ratesOf: () => ({ upload: 100 * KIB, download: undefined }), clock });
  const [one, other] = [paces.enter('alice'), paces.enter('alice')];
  other.leave();
  other.leave();
  t.is(one.until(never).upload(12 * KIB), undefined);
  t.not(
    paces
      .enter('alice')
      .until(never)
      .upload(12 * KIB),
    undefined,
  );
});
