// Descriptors are a server's blood: not one may be lost, whichever way an operation ends. Alone in its process, since
// it counts them.

import { readdirSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Permit, Storage } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const PATHS = [
  '/',
  '/a',
  '/inner/deep/b',
  '/link/b',
  '/loop',
  '/loop/x',
  '/a/x',
  '/missing/x',
  '/out',
  '/dangling',
  '/full',
];

/** Every operation on `path`, and on `other` where there are two. */
function operations(
  s: Storage,
  path: ReturnType<typeof at>,
  other: ReturnType<typeof at>,
  p: Permit,
): Promise<unknown>[] {
  const closed = async (opening: Promise<{ close(): Promise<void> }>): Promise<void> => (await opening).close();
  return [
    closed(s.list(path, p)),
    s.stat(path, true, p),
    s.stat(path, false, p),
    closed(s.open(path, { read: true }, p)),
    closed(s.open(path, { write: true, create: true, truncate: true }, p)),
    closed(s.open(path, { write: true, create: true, exclusive: true }, p)),
    s.makeDirectory(path, undefined, p),
    s.rename(path, other, true, { from: p, to: p }),
    s.rename(other, path, false, { from: p, to: p }),
    s.setAttributes(path, { mode: 0o755, times: { accessedMs: 0, modifiedMs: 0 } }, true, p),
    s.setAttributes(path, { sizeBytes: 1 }, true, p),
    s.readLink(path, p),
    s.makeLink(path, 'a', p),
    s.makeHardLink(path, other, { existing: p, path: p }),
    s.realPath(path, p),
    s.space(path, p),
    s.removeDirectory(path, p),
    s.remove(other, p),
  ];
}

test.serial('descriptors: thousands of operations, well ended or not, leave none open', async (t) => {
  const homesDirectory = await temporaryFolder(t);
  const folder = join(homesDirectory, 'alice');
  const count = (): number => readdirSync('/proc/self/fd').length;
  const warmUp = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
  warmUp.close();
  const before = count();

  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
  let calls = 0;
  let failures = 0;
  const sometimes: Permit = () => {
    calls += 1;
    if (calls % 5 === 0) throw new FileError('permission-denied');
  };
  for (let round = 0; round < 20; round += 1) {
    // Of the round before nothing may be in the way: what it has renamed to what is not the same each time.
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, 'inner/deep'), { recursive: true });
    await mkdir(join(folder, 'full/x'), { recursive: true });
    for (const [name, target] of [
      ['link', 'inner/deep'],
      ['loop', 'loop'],
      ['out', '../../x'],
      ['dangling', 'inner/none'],
    ] as const) {
      await symlink(target, join(folder, name)).catch(() => undefined);
    }
    await writeFile(join(folder, 'a'), 'content').catch(() => undefined);
    await writeFile(join(folder, 'inner/deep/b'), 'content').catch(() => undefined);
    for (const [index, path] of PATHS.entries()) {
      const other = PATHS[(index + round) % PATHS.length] ?? '/';
      const done = await Promise.allSettled(operations(storage, at(path), at(other), sometimes));
      for (const result of done) {
        if (result.status === 'fulfilled') continue;
        failures += 1;
        if (!(result.reason instanceof FileError)) throw result.reason;
      }
    }
  }
  storage.close();
  t.true(calls > 2000);
  t.true(failures > 1000);
  t.is(count(), before);
});

test.serial('descriptors: Node never closes one behind our back', async (t) => {
  const homesDirectory = await temporaryFolder(t);
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
  t.teardown(() => storage.close());
  const file = await storage.open(at('/a'), { read: true, write: true, create: true }, () => undefined);
  const directory = await storage.list(at('/'), () => undefined);
  const memory: Buffer[] = [];
  for (let round = 0; round < 200; round += 1) memory[round % 4] = Buffer.alloc(4 * 1024 * 1024);
  await file.write(Buffer.from('content'), 0);
  t.is((await directory.read(10)).length, 1);
  await file.close();
  await directory.close();
});
