// The race that checks of path strings lose: while an operation runs, a folder or file on its way becomes a link that
// leads out of the home. Every operation is tried in turn against a thread that does nothing but swap them.

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import type { OpenOptions } from '../../src/model/files.ts';
import { parsePath as at, type VirtualPath } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';
import type { WalkMode } from '../../src/storage/mounts.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import type { FlipOrder } from './flip.ts';
import { snapshot } from './snapshot.ts';

const TRIES = 320;
const AT_ONCE = 8;

/** Stands in every name and content outside the home, so that an answer from there shows itself. */
const SECRET = 'SECRET';

const allow = (): void => undefined;

interface Arena {
  readonly storage: Storage;
  readonly home: string;
  readonly outside: string;
  readonly flips: Int32Array;
}

async function startFlipping(t: ExecutionContext, walkMode: WalkMode = 'sync'): Promise<Arena> {
  const folder = await temporaryFolder(t);
  const [home, outside] = [join(folder, 'homes/alice'), join(folder, 'outside')];
  for (const place of [join(home, 'swap'), outside]) {
    await mkdir(join(place, 'empty'), { recursive: true });
    await mkdir(join(place, 'folder'), { recursive: true });
  }
  await writeFile(join(outside, 'target'), SECRET.repeat(100));
  await writeFile(join(outside, `folder/${SECRET}`), SECRET);
  await symlink(SECRET, join(outside, 'link'));
  await symlink('harmless', join(home, 'swap/link'));
  await writeFile(join(home, 'swap/target'), 'inside');
  await writeFile(join(home, 'file'), 'inside');

  const storage = await openHome({ homesDirectory: join(folder, 'homes'), user: 'alice', jail: 'held', walkMode });
  const order: FlipOrder = {
    home,
    outside,
    flips: new Int32Array(new SharedArrayBuffer(4)),
    stop: new Int32Array(new SharedArrayBuffer(4)),
  };
  const worker = new Worker(new URL('./flip.js', import.meta.url), { workerData: order });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  t.teardown(async () => {
    Atomics.store(order.stop, 0, 1);
    await ended;
    storage.close();
  });
  return { storage, home, outside, flips: order.flips };
}

async function readText(storage: Storage, path: VirtualPath): Promise<string> {
  const file = await storage.open(path, { read: true }, allow);
  try {
    const content = Buffer.alloc(1000);
    return content.toString('latin1', 0, await file.read(content, 0));
  } finally {
    await file.close();
  }
}

async function writeText(storage: Storage, path: VirtualPath, options: OpenOptions): Promise<void> {
  const file = await storage.open(path, { write: true, ...options }, allow);
  await file.write(Buffer.from('written'), 0);
  await file.close();
}

async function listText(storage: Storage, path: VirtualPath): Promise<string> {
  const directory = await storage.list(path, allow);
  try {
    return JSON.stringify(await directory.read(100));
  } finally {
    await directory.close();
  }
}

const both = { from: allow, to: allow };
const times = { accessedMs: 1000, modifiedMs: 2000 };

/** What is tried; `n` makes names that are new each time. What it answers must not hold a secret. */
const ATTACKS: Readonly<Record<string, (storage: Storage, n: number) => Promise<unknown>>> = {
  stat: (s) => s.stat(at('/swap/target'), true, allow),
  'stat of the last name': (s) => s.stat(at('/file'), true, allow),
  lstat: (s) => s.stat(at('/swap/target'), false, allow),
  list: (s) => listText(s, at('/swap/folder')),
  'list of the last name': (s) => listText(s, at('/swap')),
  read: (s) => readText(s, at('/swap/target')),
  'read of the last name': (s) => readText(s, at('/file')),
  write: (s) => writeText(s, at('/swap/target'), { create: true }),
  'write of the last name': (s) => writeText(s, at('/file'), { create: true }),
  truncate: (s) => writeText(s, at('/swap/target'), { truncate: true }),
  'truncate of the last name': (s) => writeText(s, at('/file'), { truncate: true }),
  append: (s) => writeText(s, at('/swap/target'), { append: true }),
  create: (s, n) => writeText(s, at(`/swap/new${n}`), { create: true }),
  'create exclusively': (s, n) => writeText(s, at(`/swap/own${n}`), { create: true, exclusive: true }),
  makeDirectory: (s, n) => s.makeDirectory(at(`/swap/folder${n}`), undefined, allow),
  setAttributes: (s) => s.setAttributes(at('/swap/target'), { mode: 0o777, sizeBytes: 1, times }, true, allow),
  'setAttributes of the last name': (s) =>
    s.setAttributes(at('/file'), { mode: 0o777, sizeBytes: 1, times }, true, allow),
  'setAttributes of a link': (s) => s.setAttributes(at('/swap/link'), { times }, false, allow),
  readLink: (s) => s.readLink(at('/swap/link'), allow),
  makeLink: (s, n) => s.makeLink(at(`/swap/link${n}`), 'x', allow),
  'makeHardLink out': (s, n) => s.makeHardLink(at('/swap/target'), at(`/got${n}`), { existing: allow, path: allow }),
  'makeHardLink in': (s, n) => s.makeHardLink(at('/file'), at(`/swap/put${n}`), { existing: allow, path: allow }),
  'rename in': async (s, n) => {
    await writeText(s, at(`/mine${n}`), { create: true });
    await s.rename(at(`/mine${n}`), at('/swap/target'), n % 2 === 0, both);
  },
  'rename out': async (s, n) => {
    await s.rename(at('/swap/target'), at(`/taken${n}`), true, both);
    return readText(s, at(`/taken${n}`));
  },
  'rename a folder': (s, n) => s.rename(at('/swap/folder'), at(`/swap/folder${n}`), false, both),
  remove: (s) => s.remove(at('/swap/target'), allow),
  removeDirectory: (s) => s.removeDirectory(at('/swap/empty'), allow),
};

test('race: the control shows that plain paths do lead outside', async (t) => {
  const { home } = await startFlipping(t);
  let content = '';
  for (let tries = 0; tries < 1_000_000 && !content.startsWith(SECRET); tries += 1) {
    content = await readFile(join(home, 'swap/target'), 'utf8').catch(() => '');
  }
  t.true(content.startsWith(SECRET));
});

for (const walkMode of ['sync', 'async'] as const) {
  test(`race: no operation ever acts outside the home, walked ${walkMode}`, async (t) => {
    const { storage, outside, flips } = await startFlipping(t, walkMode);
    let attempt = 0;
    for (const [title, attack] of Object.entries(ATTACKS)) {
      const before = await snapshot(outside);
      const until = attempt + TRIES;
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
