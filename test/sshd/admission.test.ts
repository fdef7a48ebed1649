import { setMaxListeners } from 'node:events';
import test from 'ava';
import type { Lease } from '../../src/model/lease.ts';
import { Admission, type AdmissionLimits, type Refused } from '../../src/sshd/admission.ts';

const LIMITS: AdmissionLimits = {
  maxStartups: { begin: 3, ratePercent: 30, full: 6 },
  maxStartupsPerSource: 100,
  connectionsPerSecond: 1000,
};
const never = new AbortController().signal;
// Many wait for it at once.
setMaxListeners(0, never);

const nobody = (): boolean => false;

/** The place, if there is one. */
function taken(answer: Lease | Refused): Lease | undefined {
  return typeof answer === 'string' ? undefined : answer;
}

/** Arrivals one after the other, each from its own source unless told. */
async function arrivals(admission: Admission, count: number, address?: string): Promise<Array<Lease | undefined>> {
  const places: Array<Lease | undefined> = [];
  for (let index = 0; index < count; index += 1) {
    places.push(taken(await admission.arrive(address ?? `192.0.2.${index + 1}`, never)));
  }
  return places;
}

test('admission: up to `begin` all are taken up', async (t) => {
  const admission = new Admission({ isTurnedAway: nobody, limits: LIMITS, random: () => 0 });
  t.true((await arrivals(admission, 3)).every((place) => place !== undefined));
});

test('admission: above `begin` chance decides, with the rate growing to certainty at `full`', async (t) => {
  let rolls: number[] = [];
  const admission = new Admission({
    isTurnedAway: nobody,
    limits: LIMITS,
    random: () => {
      const roll = rolls.shift();
      if (roll === undefined) throw new Error('one roll too many');
      return roll;
    },
  });
  // At 3 of 3..6 the chance to be dropped is 30 %, at 4 it is 53 %, at 5 it is 77 %.
  rolls = [0.29, 0.31, 0.52, 0.54, 0.76, 0.78, 0.5];
  const places = await arrivals(admission, 10);
  t.deepEqual(
    places.map((place) => place !== undefined),
    [true, true, true, false, true, false, true, false, true, false],
  );
  t.deepEqual(rolls, [0.5]);
});

test('admission: a login or an end gives the place to another', async (t) => {
  const admission = new Admission({ isTurnedAway: nobody, limits: LIMITS, random: () => 0 });
  const [first] = await arrivals(admission, 3);
  t.is(await admission.arrive('198.51.100.1', never), 'dropped');
  first?.release();
  first?.release();
  t.is(admission.present, 2);
  t.truthy(taken(await admission.arrive('198.51.100.1', never)));
});

test('admission: a burst of one source waits for its own, and nobody of it is dropped', async (t) => {
  const admission = new Admission({
    isTurnedAway: nobody,
    limits: { ...LIMITS, maxStartups: { begin: 3, ratePercent: 100, full: 50 } },
  });
  const burst = Array.from({ length: 20 }, async () => {
    const place = taken(await admission.arrive('192.0.2.1', never));
    setImmediate(() => place?.release());
    return place;
  });
  t.true((await Promise.all(burst)).every((place) => place !== undefined));
  // The last have not left yet.
  await new Promise((resolve) => setImmediate(resolve));
  t.is(admission.present, 0);
});

test('admission: one source has so many and no more; others are not concerned', async (t) => {
  const admission = new Admission({ isTurnedAway: nobody, limits: { ...LIMITS, maxStartupsPerSource: 2 } });
  const places = await arrivals(admission, 3, '192.0.2.1');
  t.deepEqual(
    places.map((place) => place !== undefined),
    [true, true, false],
  );
  t.truthy(taken(await admission.arrive('192.0.2.2', never)));
});

test('admission: a source that fills all places before `begin` leaves nobody else to chance', async (t) => {
  /*
   * What was wrong: ten connections of one stranger were enough for a third of all other clients to be dropped.
   * How it was reached: 500 half-open connections of one address, with the default limits, and a login from another.
   * What this verifies: to all others one source counts for half of `begin`, two for all of it.
   */
  const admission = new Admission({
    isTurnedAway: nobody,
    limits: { ...LIMITS, maxStartups: { begin: 4, ratePercent: 30, full: 50 } },
    random: () => 0,
  });
  const held = await arrivals(admission, 4, '192.0.2.1');
  const one = taken(await admission.arrive('198.51.100.1', never));
  t.truthy(one);
  one?.release();
  const more = await arrivals(admission, 2, '192.0.2.2');
  t.is(await admission.arrive('198.51.100.1', never), 'dropped');
  for (const place of [...held, ...more]) place?.release();
  t.is((await arrivals(admission, 4)).filter((place) => place !== undefined).length, 4);
});

test('admission: the /64 of an IPv6 address is one source', async (t) => {
  const admission = new Admission({ isTurnedAway: nobody, limits: { ...LIMITS, maxStartupsPerSource: 1 } });
  t.truthy(taken(await admission.arrive('2001:db8:0:1::1', never)));
  t.is(await admission.arrive('2001:db8:0:1:ffff::2', never), 'dropped');
  t.truthy(taken(await admission.arrive('2001:db8:0:2::1', never)));
});

test('admission: more in a second than allowed are spread over time, in their order', async (t) => {
  const admission = new Admission({
    isTurnedAway: nobody,
    limits: {
      maxStartups: { begin: 100, ratePercent: 0, full: 100 },
      maxStartupsPerSource: 100,
      connectionsPerSecond: 20,
    },
  });
  const order: number[] = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 26 }, (_, index) =>
      admission.arrive('192.0.2.1', never).then((answer) => {
        order.push(index);
        taken(answer)?.release();
      }),
    ),
  );
  t.deepEqual(
    order,
    [...order].sort((one, other) => one - other),
  );
  // Twenty at once, then one in 50 ms: the last of 26 can't have begun before that, however fast the machine.
  t.true(performance.now() - began >= 5 * 50);
});

test('admission: who gives up while waiting leaves no trace', async (t) => {
  const admission = new Admission({
    isTurnedAway: nobody,
    limits: { ...LIMITS, maxStartups: { begin: 1, ratePercent: 100, full: 5 } },
  });
  const first = taken(await admission.arrive('192.0.2.1', never));
  const leaving = new AbortController();
  const second = admission.arrive('192.0.2.1', leaving.signal);
  leaving.abort();
  t.is(await second, 'dropped');
  t.is(admission.present, 1);
  first?.release();
  t.is(admission.present, 0);
});

test('admission: a source with a penalty is turned away, and takes no place', async (t) => {
  const admission = new Admission({ limits: LIMITS, isTurnedAway: (address) => address === '192.0.2.1' });
  t.is(await admission.arrive('192.0.2.1', never), 'turned-away');
  t.is(admission.present, 0);
  t.truthy(taken(await admission.arrive('192.0.2.2', never)));
});
