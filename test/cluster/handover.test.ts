import { Socket } from 'node:net';
import test from 'ava';
import { Handover, type Taker } from '../../src/cluster/handover.ts';

interface TestTaker extends Taker {
  readonly handed: number[];
}

function taker(): TestTaker {
  const handed: number[] = [];
  return { handed, hand: (id) => void handed.push(id) };
}

/** Hands over `count` connections, each taken at once by whoever gets it. */
function hand(handover: Handover, takers: readonly TestTaker[], count: number): Promise<void>[] {
  return Array.from({ length: count }, () => {
    const before = takers.map(({ handed }) => handed.length);
    const done = handover.take(new Socket());
    for (const [index, one] of takers.entries()) {
      if (one.handed.length > (before[index] ?? 0)) handover.took(one, one.handed.at(-1) ?? 0);
    }
    return done;
  });
}

test('handover: who has the fewest gets the next, in turns among equals', (t) => {
  const handover = new Handover();
  const [one, other] = [taker(), taker()];
  handover.join(one);
  handover.join(other);
  void hand(handover, [one, other], 4);
  t.deepEqual(
    [one.handed, other.handed],
    [
      [1, 3],
      [2, 4],
    ],
  );
  // Those of one have ended; it catches up.
  handover.closed(one, 1);
  handover.closed(one, 3);
  void hand(handover, [one, other], 2);
  t.deepEqual(
    [one.handed, other.handed],
    [
      [1, 3, 5, 6],
      [2, 4],
    ],
  );
});

test('handover: one that has not taken the last gets no other meanwhile', (t) => {
  const handover = new Handover();
  const [busy, idle] = [taker(), taker()];
  handover.join(busy);
  handover.join(idle);
  void handover.take(new Socket());
  t.deepEqual(busy.handed, [1]);
  void hand(handover, [idle], 3);
  t.deepEqual([busy.handed, idle.handed], [[1], [2, 3, 4]]);
  // Both busy: the next waits for the first that is free.
  void handover.take(new Socket());
  void handover.take(new Socket());
  t.deepEqual([busy.handed, idle.handed], [[1], [2, 3, 4, 5]]);
  handover.took(busy, 1);
  t.deepEqual(
    [busy.handed, idle.handed],
    [
      [1, 6],
      [2, 3, 4, 5],
    ],
  );
});

test('handover: connections wait for somebody to take them, in their order', (t) => {
  const handover = new Handover();
  void handover.take(new Socket());
  void handover.take(new Socket());
  const late = taker();
  handover.join(late);
  t.deepEqual(late.handed, [1]);
  handover.took(late, 1);
  t.deepEqual(late.handed, [1, 2]);
});

test('handover: a connection is over when it is closed, or when who has it is gone', async (t) => {
  const handover = new Handover();
  const [one, other] = [taker(), taker()];
  handover.join(one);
  handover.join(other);
  const over: number[] = [];
  const all = hand(handover, [one, other], 3).map((done, index) => done.then(() => over.push(index + 1)));
  handover.closed(one, 1);
  await all[0];
  t.deepEqual(over, [1]);
  handover.leave(one);
  await all[2];
  t.deepEqual(over, [1, 3]);
  // Nothing is handed to one that has left.
  void hand(handover, [other], 2);
  t.deepEqual(
    [one.handed, other.handed],
    [
      [1, 3],
      [2, 4, 5],
    ],
  );
});

test('handover: what comes after its end, or still waits then, is ended', async (t) => {
  const handover = new Handover();
  const [waiting, late] = [new Socket(), new Socket()];
  const done = handover.take(waiting);
  handover.close();
  await done;
  await handover.take(late);
  t.true(waiting.destroyed && late.destroyed);
});
