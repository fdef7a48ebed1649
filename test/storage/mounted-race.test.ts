// The race at a border: while an operation runs, a folder of the home becomes a link into a mount and back, and what
// stands above the mount becomes a link to another folder. What a permit has allowed in one tree must never happen in
// another, and what it was told must be what was done.

import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import { parsePath as at, isWithin, type VirtualPath } from '../../src/model/path.ts';
import type { WalkMode } from '../../src/storage/mounts.ts';
import type { Permit, Storage } from '../../src/storage/storage.ts';
import { until } from '../helpers/until.ts';
import { names } from './mounted-trees.ts';
import { startFlipping } from './race-arena.ts';
import { snapshot } from './snapshot.ts';
import { makeHomes } from './test-homes.ts';

/** At least, and at most, when an answer does not come. */
const TRIES = 300;
const MOST_TRIES = 50_000;
const AT_ONCE = 8;
const SHARED = at('/shared/design');
/** Stands in the folder that is swapped, and nowhere else. */
const MARK = 'mark';

interface Arena {
  readonly storage: Storage;
  readonly home: string;
  readonly design: string;
  readonly flips: Int32Array;
}

/** In each tree the file `target` holds its tree's name. */
async function startArena(t: ExecutionContext, walkMode: WalkMode): Promise<Arena> {
  const { homes, rules, homesFolder, sharedFolder } = await makeHomes(t, { walkMode });
  rules.give('alice', 'design');
  const [home, design] = [join(homesFolder, 'alice'), join(sharedFolder, 'design')];
  for (const folder of ['swap', 'shared', 'shared/design', 'elsewhere']) {
    await mkdir(join(home, folder), { recursive: true });
    await writeFile(join(home, folder, 'target'), 'home');
  }
  await writeFile(join(home, 'swap', MARK), '');
  await mkdir(design, { recursive: true });
  await writeFile(join(design, 'target'), 'design');
  const storage = await homes.open('alice');
  t.teardown(() => storage.close());
  const flips = startFlipping(t, { home, outside: '', toOutside: '' }, './flip-border.js');
  return { storage, home, design, flips };
}

/**
 * Asks again and again, several at a time, until all of `wanted` was answered, and often enough; every failure must be one
 * that users know. Resolves to all the answers.
 */
async function tryOften(wanted: readonly string[], work: (n: number) => Promise<string>): Promise<Set<string>> {
  const answers = new Set<string>();
  let attempt = 0;
  const isEnough = (): boolean => attempt >= TRIES && wanted.every((answer) => answers.has(answer));
  const tryOn = async (): Promise<void> => {
    while (!isEnough() && attempt < MOST_TRIES) {
      attempt += 1;
      try {
        answers.add(await work(attempt));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tryOn));
  return answers;
}

/** What is in the folder that is swapped, wherever it is just now. */
async function namesInSwap(home: string): Promise<string[]> {
  let found: string[] = [];
  await until(async () => {
    for (const folder of ['swap', 'aside-swap']) {
      if ((await lstat(join(home, folder)).catch(() => undefined))?.isDirectory() !== true) continue;
      found = await readdir(join(home, folder)).catch(() => []);
      if (found.includes(MARK)) return true;
    }
    return false;
  });
  return found.sort();
}

const permitWhere =
  (isAllowed: (path: VirtualPath) => boolean): Permit =>
  ({ path }) => {
    if (!isAllowed(path)) throw new FileError('permission-denied', { path });
  };
const inMount = permitWhere((path) => isWithin(path, SHARED));
const inHome = permitWhere((path) => !isWithin(path, SHARED));

/** One change; resolves to which it was. */
async function change(storage: Storage, permit: Permit, n: number): Promise<string> {
  const place = at('/swap/target');
  const made = at(`/swap/new${n}`);
  switch (n % 5) {
    case 0: {
      const file = await storage.open(made, { write: true, create: true }, permit);
      await file.close();
      return 'open';
    }
    case 1:
      await storage.makeDirectory(made, undefined, permit);
      return 'makeDirectory';
    case 2:
      await storage.setAttributes(place, { mode: 0o600 + (n % 64) }, true, permit);
      return 'setAttributes';
    case 3:
      await storage.makeHardLink(place, made, { existing: permit, path: permit });
      return 'makeHardLink';
    default:
      await storage.makeLink(made, 'target', permit);
      return 'makeLink';
  }
}

const CHANGES = ['open', 'makeDirectory', 'setAttributes', 'makeHardLink', 'makeLink'];

for (const walkMode of ['sync', 'async'] as const) {
  test(`race at a border: what is allowed in one tree is not done in another, walked ${walkMode}`, async (t) => {
    const { storage, home, design, flips } = await startArena(t, walkMode);
    const before = await snapshot(design);
    await tryOften(CHANGES, (n) => change(storage, inHome, n));
    t.deepEqual(await snapshot(design), before);
    t.true((await namesInSwap(home)).some((name) => name.startsWith('new')));

    const beforeInHome = [await namesInSwap(home), await snapshot(join(home, 'elsewhere'))];
    await tryOften(CHANGES, (n) => change(storage, inMount, n + MOST_TRIES));
    t.deepEqual([await namesInSwap(home), await snapshot(join(home, 'elsewhere'))], beforeInHome);
    t.true((await readdir(design)).some((name) => name.startsWith('new')));
    t.true(Atomics.load(flips, 0) > 10);
  });

  test(`race at a border: what is read is of where the permit was told, walked ${walkMode}`, async (t) => {
    const { storage, flips } = await startArena(t, walkMode);
    const reads = ['/swap/target home /swap/target', '/shared/design/target design /shared/design/target'];
    const read = await tryOften(reads, async () => {
      let told: VirtualPath | undefined;
      const file = await storage.open(at('/swap/target'), { read: true }, ({ path }) => {
        told = path;
      });
      const content = Buffer.alloc(10);
      const text = content.toString('utf8', 0, await file.read(content, 0));
      await file.close();
      return `${told} ${text} ${file.path}`;
    });
    t.deepEqual([...read].sort(), [...reads].sort());

    // Above the mount: whatever the home has there, it is never what a link of that name leads to.
    const above = await tryOften(['/shared/target'], async () => {
      const file = await storage.open(at('/shared/target'), { read: true }, () => undefined);
      await file.close();
      return file.path;
    });
    t.deepEqual([...above], ['/shared/target']);
    const lists = ['design', 'design target'];
    const listed = await tryOften(lists, async () => (await names(storage, '/shared')).join(' '));
    t.deepEqual([...listed].sort(), lists);
    t.true(Atomics.load(flips, 0) > 10);
  });
}
