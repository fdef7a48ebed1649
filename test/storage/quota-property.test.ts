// Whatever is done, in whatever order, by several sessions, with files open all the while: what is counted is what is
// there. After each operation a scan, which looks at the disk, must find what was counted; and whenever nothing is open,
// an account of the disk that knows nothing of ours must, too.

import test from 'ava';
import fc from 'fast-check';
import { ALICE } from './counted-trees.ts';
import { MODES, makeUsers, operation } from './quota-users.ts';

const RUNS = process.env['SSHOME_TEST_FULL'] === '1' ? 400 : 12;

for (const [title, mode] of Object.entries(MODES)) {
  test(`quota property, ${title}: after every operation what is counted is what is there`, async (t) => {
    t.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 60 }), async (operations) => {
        const users = await makeUsers(t, mode);
        for (const next of operations) {
          await users.try(next);
          await users.check(t, next);
        }
        await users.closeAll();
        await users.check(t, 'all was closed');
        await users.trees.stop();
      }),
      { numRuns: RUNS },
    );
  });

  test(`quota property, ${title}: what many do at once is counted, too`, async (t) => {
    t.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(operation, { minLength: 2, maxLength: 8 }), { minLength: 5, maxLength: 15 }),
        async (rounds) => {
          const users = await makeUsers(t, mode);
          for (const round of rounds) {
            await Promise.all(round.map((next) => users.try(next)));
            await users.check(t, round);
          }
          await users.closeAll();
          await users.check(t, 'all was closed');
          await users.trees.stop();
        },
      ),
      { numRuns: RUNS },
    );
  });
}

for (const [title, mode] of Object.entries(MODES).filter(([, { processes }]) => processes > 1)) {
  test(`quota property, ${title}: one that is killed in the midst leaves what is found on the disk`, async (t) => {
    t.timeout(300_000);
    const round = fc.array(operation, { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: 1, maxLength: 6 }),
        round,
        fc.nat({ max: 12 }),
        fc.array(round, { minLength: 1, maxLength: 6 }),
        async (before, during, turns, after) => {
          const users = await makeUsers(t, mode);
          for (const next of before) await Promise.all(next.map((one) => users.try(one)));
          const work = Promise.all(during.map((one) => users.try(one)));
          for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          await users.kill(0);
          await work;
          await users.trees.quotas.scan(ALICE);
          await users.check(t, 'one was killed');
          for (const next of after) {
            await Promise.all(next.map((one) => users.try(one)));
            await users.check(t, next);
          }
          await users.closeAll();
          await users.check(t, 'all was closed');
          await users.trees.stop();
        },
      ),
      // What waits for one that is gone, waits forever: to look for a shorter way there would take as long each time.
      { numRuns: RUNS, timeout: 30_000, endOnFailure: true },
    );
  });
}
