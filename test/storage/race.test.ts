// The race that checks of path strings lose: while an operation runs, a folder or file on its way becomes a link that
// leads out of the home, or of the shared folder into the home. Every operation is tried in turn against a thread that does
// nothing but swap them.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import { openHome } from '../../src/storage/home.ts';
import type { WalkMode } from '../../src/storage/mounts.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { attacksOn, fillGrounds, SECRET, startFlipping } from './race-arena.ts';
import { snapshot } from './snapshot.ts';
import { makeHomes } from './test-homes.ts';

/** Of each operation. */
const TRIES = { home: 320, 'shared folder': 120 };
const AT_ONCE = 8;

interface Arena {
  readonly storage: Storage;
  /** The tree on the disk, and its virtual path; empty for a home. */
  readonly inside: string;
  readonly base: string;
  readonly outside: string;
  readonly flips: Int32Array;
}

async function inHome(t: ExecutionContext, walkMode: WalkMode = 'sync'): Promise<Arena> {
  const folder = await temporaryFolder(t);
  const [inside, outside] = [join(folder, 'homes/alice'), join(folder, 'outside')];
  await fillGrounds({ inside, outside });
  const storage = await openHome({ homesDirectory: join(folder, 'homes'), user: 'alice', jail: 'held', walkMode });
  t.teardown(() => storage.close());
  const flips = startFlipping(t, { home: inside, outside, toOutside: '../../outside' });
  return { storage, inside, base: '', outside, flips };
}

/** A shared folder, of which the links lead into the very home that it is mounted in. */
async function inFolder(t: ExecutionContext, walkMode: WalkMode): Promise<Arena> {
  const { homes, rules, homesFolder, sharedFolder } = await makeHomes(t, { walkMode });
  rules.give('alice', 'design');
  const [inside, outside] = [join(sharedFolder, 'design'), join(homesFolder, 'alice')];
  await mkdir(inside, { recursive: true });
  await fillGrounds({ inside, outside });
  const storage = await homes.open('alice');
  t.teardown(() => storage.close());
  // As the host has it, and as the user sees it: the home is the folder two above.
  const flips = startFlipping(t, { home: inside, outside, toOutside: '../..' });
  return { storage, inside, base: '/shared/design', outside, flips };
}

test('race: the control shows that plain paths do lead outside', async (t) => {
  const { inside } = await inHome(t);
  let content = '';
  for (let tries = 0; tries < 1_000_000 && !content.startsWith(SECRET); tries += 1) {
    content = await readFile(join(inside, 'swap/target'), 'utf8').catch(() => '');
  }
  t.true(content.startsWith(SECRET));
});

for (const [tree, open] of [
  ['home', inHome],
  ['shared folder', inFolder],
] as const) {
  for (const walkMode of ['sync', 'async'] as const) {
    test(`race: no operation ever acts outside the ${tree}, walked ${walkMode}`, async (t) => {
      const { storage, base, outside, flips } = await open(t, walkMode);
      let attempt = 0;
      for (const [title, attack] of Object.entries(attacksOn(base))) {
        const before = await snapshot(outside);
        const until = attempt + TRIES[tree];
        const tryOn = async (): Promise<void> => {
          while (attempt < until) {
            attempt += 1;
            try {
              const answer = JSON.stringify((await attack(storage, attempt)) ?? '');
              if (answer.includes(SECRET) || answer.includes('"sizeBytes":600')) t.fail(`${title} told ${answer}`);
            } catch (error) {
              // Whatever a loser of the race is told, it is an answer and no accident.
              if (!(error instanceof FileError)) throw error;
            }
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, tryOn));
        t.deepEqual(await snapshot(outside), before, title);
      }
      t.true(Atomics.load(flips, 0) > 100);
    });
  }
}
