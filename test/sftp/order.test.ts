import test from 'ava';
import fc from 'fast-check';
import { type Claim, createOrder, mustWait } from '../../src/sftp/order.ts';

const one = { name: 'one' };
const two = { name: 'two' };
const CLAIMS = {
  look: { handles: [], paths: true, changes: false },
  change: { handles: [], paths: true, changes: true },
  read: { handles: [one], paths: false, changes: false },
  write: { handles: [one], paths: false, changes: true },
  readOther: { handles: [two], paths: false, changes: false },
  writeOther: { handles: [two], paths: false, changes: true },
  copy: { handles: [one, two], paths: false, changes: true },
} satisfies Record<string, Claim>;

type Name = keyof typeof CLAIMS;
const NAMES = Object.keys(CLAIMS) as Name[];

// Who waits for whom; it is the same the other way round.
const MEETS: Readonly<Record<Name, readonly Name[]>> = {
  look: ['change', 'write', 'writeOther', 'copy'],
  change: NAMES,
  read: ['change', 'write', 'copy'],
  write: ['look', 'change', 'read', 'write', 'copy'],
  readOther: ['change', 'writeOther', 'copy'],
  writeOther: ['look', 'change', 'readOther', 'writeOther', 'copy'],
  copy: ['look', 'change', 'read', 'write', 'readOther', 'writeOther', 'copy'],
};

for (const later of NAMES) {
  test(`order: "${later}" waits for ${MEETS[later].join(', ')}, and for nothing else`, (t) => {
    t.deepEqual(
      NAMES.filter((earlier) => mustWait(CLAIMS[later], CLAIMS[earlier])),
      NAMES.filter((earlier) => MEETS[later].includes(earlier)),
    );
  });
}

/** Work whose end the test decides. */
function held(): { work: () => Promise<void>; end: () => void; hasStarted: () => boolean } {
  let end = (): void => {};
  let started = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    work: () => {
      started = true;
      return ended;
    },
    end,
    hasStarted: () => started,
  };
}

test('order: what may run at once starts at once, the rest when the last it waits for is done', async (t) => {
  let done = 0;
  const onDone = (): void => {
    done += 1;
  };
  const order = createOrder({ onDone });
  const [read, readOther, change, look] = [held(), held(), held(), held()];
  order.add(CLAIMS.read, read.work);
  order.add(CLAIMS.readOther, readOther.work);
  order.add(CLAIMS.change, change.work);
  order.add(CLAIMS.look, look.work);
  t.deepEqual(
    [read, readOther, change, look].map((work) => work.hasStarted()),
    [true, true, false, false],
  );
  t.is(order.size, 4);

  readOther.end();
  await settled();
  t.false(change.hasStarted());
  read.end();
  await settled();
  t.deepEqual([change.hasStarted(), look.hasStarted()], [true, false]);
  change.end();
  await settled();
  t.true(look.hasStarted());
  look.end();
  await settled();
  t.is(order.size, 0);
  t.is(done, 4);
});

test('order: work that lets the others go holds up nothing more, but it counts until it is done', async (t) => {
  let done = 0;
  const onDone = (): void => {
    done += 1;
  };
  const order = createOrder({ onDone });
  const [long, change, later] = [held(), held(), held()];
  let letOthersGo = (): void => {};
  order.add(CLAIMS.look, (place) => {
    letOthersGo = place.letOthersGo;
    return long.work();
  });
  order.add(CLAIMS.change, change.work);
  t.false(change.hasStarted());
  letOthersGo();
  t.true(change.hasStarted());
  change.end();
  await settled();
  order.add(CLAIMS.change, later.work);
  t.true(later.hasStarted());
  later.end();
  await settled();
  t.deepEqual([order.size, done], [1, 2]);
  long.end();
  await settled();
  t.deepEqual([order.size, done], [0, 3]);
});

test('order: reads of one handle run together, a few at a time, and each has its turn after the one before', async (t) => {
  const order = createOrder({ onDone: () => {} });
  const reads = Array.from({ length: 20 }, held);
  const answered: number[] = [];
  for (const [index, read] of reads.entries()) {
    order.add(CLAIMS.read, async ({ turn }) => {
      await read.work();
      await turn;
      answered.push(index);
    });
  }
  const started = (): number => reads.filter((read) => read.hasStarted()).length;
  t.is(started(), 8);
  // The first three ends are out of order: nothing is answered, and no more is read ahead of the one that is missing.
  for (const index of [3, 1, 2]) reads[index]?.end();
  await settled();
  t.deepEqual([answered, started()], [[], 8]);
  reads[0]?.end();
  await settled();
  t.deepEqual([answered, started()], [[0, 1, 2, 3], 12]);
  for (const read of reads.toReversed()) read.end();
  await settled();
  t.deepEqual(answered, [...reads.keys()]);
  t.is(order.size, 0);
});

test('order: a write to the handle waits for all its reads, and reads after it wait for it', async (t) => {
  const order = createOrder({ onDone: () => {} });
  const [first, second, write, third] = [held(), held(), held(), held()];
  order.add(CLAIMS.read, first.work);
  order.add(CLAIMS.read, second.work);
  order.add(CLAIMS.write, write.work);
  order.add(CLAIMS.read, third.work);
  const started = (): boolean[] => [first, second, write, third].map((work) => work.hasStarted());
  second.end();
  await settled();
  t.deepEqual(started(), [true, true, false, false]);
  first.end();
  await settled();
  t.deepEqual(started(), [true, true, true, false]);
  write.end();
  await settled();
  t.true(third.hasStarted());
  third.end();
  await settled();
  t.is(order.size, 0);
});

test('order: everything runs once, and nothing beside or before what it must wait for', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...NAMES), { maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      async (names, choices) => {
        const order = createOrder({ onDone: () => {} });
        const works = names.map((name) => ({ name, ...held() }));
        const running: number[] = [];
        const ran: number[] = [];
        works.forEach(({ name, work }, index) => {
          order.add(CLAIMS[name], () => {
            running.push(index);
            ran.push(index);
            return work();
          });
        });
        while (running.length > 0) {
          for (const a of running) {
            for (const b of running) {
              if (a !== b) t.false(meet(names, a, b), `${names[a]} beside ${names[b]}`);
            }
          }
          const [ended = -1] = running.splice((choices.next().value ?? 0) % running.length, 1);
          works[ended]?.end();
          await settled();
        }
        t.is(order.size, 0);
        t.deepEqual(
          ran.toSorted((a, b) => a - b),
          [...names.keys()],
        );
        ran.forEach((index, at) => {
          for (const earlier of ran.slice(at)) t.false(earlier < index && meet(names, index, earlier));
        });
      },
    ),
    { numRuns: 50 },
  );
});

function meet(names: readonly Name[], a: number, b: number): boolean {
  const [first, second] = [names[a], names[b]];
  return first !== undefined && second !== undefined && mustWait(CLAIMS[first], CLAIMS[second]);
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
