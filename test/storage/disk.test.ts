import { execFile } from 'node:child_process';
import { link, mkdir, readdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';
import type { OpenFile, OpenOptions } from '../../src/model/files.ts';
import { parsePath as at, ROOT } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const run = promisify(execFile);
const allow = (): void => undefined;

interface Home {
  readonly storage: Storage;
  readonly folder: string;
}

async function openAlice(t: ExecutionContext, jail: 'held' | 'portable' = 'held'): Promise<Home> {
  const homesDirectory = await temporaryFolder(t);
  const storage = await openHome({ homesDirectory, user: 'alice', jail });
  t.teardown(() => storage.close());
  return { storage, folder: join(homesDirectory, 'alice') };
}

async function fails(t: ExecutionContext, code: FileErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(work, { instanceOf: FileError });
  if (error instanceof FileError) t.is(error.code, code);
}

/** Makes a FIFO, a socket and, when we may, a device that must never be opened. Answers with their names. */
async function makeSpecials(t: ExecutionContext, folder: string): Promise<string[]> {
  await run('mkfifo', [join(folder, 'fifo')]);
  const server = createServer().listen(join(folder, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  if (process.getuid?.() !== 0) return ['fifo', 'socket'];
  await run('mknod', [join(folder, 'null'), 'c', '1', '3']);
  return ['fifo', 'null', 'socket'];
}

for (const jail of ['held', 'portable'] as const) {
  test(`disk (${jail}): a FIFO, a socket and a device are listed and removed, never opened`, async (t) => {
    t.timeout(10_000);
    const { storage, folder } = await openAlice(t, jail);
    const names = await makeSpecials(t, folder);
    const directory = await storage.list(ROOT, allow);
    const entries = await directory.read(10);
    await directory.close();
    t.deepEqual(entries.map(({ name }) => name).sort(), names);
    const all: OpenOptions[] = [
      { read: true },
      { write: true },
      { read: true, write: true, create: true, truncate: true },
    ];
    for (const { name, attributes } of entries) {
      t.is(attributes.kind, 'other');
      // More of them at once than libuv has threads: if one open waits for a writer, everything does.
      const opens = Array.from({ length: 8 }, () => all).flat();
      await Promise.all(opens.map((options) => fails(t, 'permission-denied', storage.open(at(name), options, allow))));
      await fails(t, 'permission-denied', storage.setAttributes(at(name), { sizeBytes: 0 }, true, allow));
      await fails(t, 'not-a-directory', storage.list(at(name), allow));
      await fails(t, 'invalid-argument', storage.readLink(at(name), allow));
      await storage.setAttributes(at(name), { mode: 0o600 }, true, allow);
      await storage.rename(at(name), at(`${name}2`), false, { from: allow, to: allow });
      await storage.remove(at(`${name}2`), allow);
    }
    t.deepEqual(await readdir(folder), []);
  });

  test(`disk (${jail}): links that the host made are followed inside the home only`, async (t) => {
    const { storage, folder } = await openAlice(t, jail);
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'inner/a'), 'content');
    await writeFile(join(folder, '../outside'), 'secret');
    await symlink('inner/a', join(folder, 'relative'));
    await symlink('/inner/a', join(folder, 'absolute'));
    await symlink('../../../../inner', join(folder, 'up'));
    t.is((await storage.stat(at('/relative'), true, allow)).sizeBytes, 7);
    t.is((await storage.stat(at('/absolute'), true, allow)).sizeBytes, 7);
    t.is(await storage.realPath(at('/up/a'), allow), at('/inner/a'));
    const targets = [
      '../outside',
      join(folder, '../outside'),
      '/proc/self/cwd',
      '/proc/self/root/etc/passwd',
      '/dev/null',
    ];
    for (const [index, target] of targets.entries()) {
      await symlink(target, join(folder, `out${index}`));
      await fails(t, 'not-found', storage.stat(at(`/out${index}`), true, allow));
      await fails(t, 'not-found', storage.open(at(`/out${index}`), { read: true }, allow));
      t.is(await storage.readLink(at(`/out${index}`), allow), target);
      t.is((await storage.stat(at(`/out${index}`), false, allow)).kind, 'link');
    }
  });

  test(`disk (${jail}): a link made outside keeps leading nowhere when it is renamed or removed`, async (t) => {
    const { storage, folder } = await openAlice(t, jail);
    await writeFile(join(folder, '../outside'), 'secret');
    await symlink('../outside', join(folder, 'link'));
    await storage.rename(at('/link'), at('/renamed'), false, { from: allow, to: allow });
    t.is(await readlink(join(folder, 'renamed')), '../outside');
    await storage.remove(at('/renamed'), allow);
    t.is(await readFile(join(folder, '../outside'), 'utf8'), 'secret');
  });

  test(`disk (${jail}): names on the disk that are not UTF-8 come and go unharmed`, async (t) => {
    const { storage, folder } = await openAlice(t, jail);
    const raw = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x41, 0xc3])]);
    await mkdir(raw);
    await writeFile(Buffer.concat([raw, Buffer.from([0x2f, 0xfe])]), 'content');
    const directory = await storage.list(ROOT, allow);
    const [entry] = await directory.read(10);
    await directory.close();
    t.is(entry?.name, '\udcffA\udcc3');
    const inner = await storage.list(at(`/${entry?.name}`), allow);
    t.is((await inner.stat()).kind, 'directory');
    t.is((await inner.read(10))[0]?.attributes.sizeBytes, 7);
    await inner.close();
    await storage.rename(at(`/${entry?.name}/\udcfe`), at('/plain'), false, { from: allow, to: allow });
    t.is(await readFile(join(folder, 'plain'), 'utf8'), 'content');
  });
}

test('disk: a path of 2047 folders is walked, and no more is left open than before', async (t) => {
  const { storage, folder } = await openAlice(t);
  const depth = 2047;
  // The kernel takes 4095 bytes at once: two halves are made, and one moved into the other.
  const half = Array.from({ length: 1000 }, () => 'd').join('/');
  await mkdir(join(folder, half), { recursive: true });
  const rest = Array.from({ length: depth - 1000 }, () => 'd').join('/');
  await mkdir(join(folder, 'x', rest), { recursive: true });
  await storage.rename(at('/x/d'), at(`/${half}/d`), false, { from: allow, to: allow });
  const deepest = at(`/${Array.from({ length: depth }, () => 'd').join('/')}`);
  t.is(deepest.length, 4094);
  t.is((await storage.stat(deepest, true, allow)).kind, 'directory');
  // Back again, for what removes the folder after the test can't go so deep either.
  await storage.rename(at(`/${half}/d`), at('/x/d'), false, { from: allow, to: allow });
});

test('disk: what is written reaches the disk, and what stands there is read', async (t) => {
  const { storage, folder } = await openAlice(t);
  const file = await storage.open(at('/a'), { read: true, write: true, create: true }, allow);
  await file.write(Buffer.from('content'), 0);
  t.is(await readFile(join(folder, 'a'), 'utf8'), 'content');
  await writeFile(join(folder, 'a'), 'changed');
  const target = Buffer.alloc(10);
  t.is(await file.read(target, 0), 7);
  t.is(target.toString('utf8', 0, 7), 'changed');
  await file.close();
});

test('disk: offsets far out are written where they say, and holes take no room', async (t) => {
  const { storage, folder } = await openAlice(t);
  const offset = 5 * 2 ** 40 + 1;
  const file = await storage.open(at('/a'), { read: true, write: true, create: true }, allow);
  await file.write(Buffer.from('end'), offset);
  const target = Buffer.alloc(10);
  t.is(await file.read(target, offset), 3);
  t.is((await file.stat()).sizeBytes, offset + 3);
  await file.close();
  t.true((await stat(join(folder, 'a'))).blocks < 1000);
});

test('disk: appends see what another program added', async (t) => {
  const { storage, folder } = await openAlice(t);
  const file = await storage.open(at('/a'), { write: true, create: true, append: true }, allow);
  await file.write(Buffer.from('one,'), 0);
  await writeFile(join(folder, 'a'), 'two,', { flag: 'a' });
  await file.write(Buffer.from('three'), 0);
  await file.close();
  t.is(await readFile(join(folder, 'a'), 'utf8'), 'one,two,three');
});

test('disk: the mode of a file is kept from set-id bits by every way', async (t) => {
  const { storage, folder } = await openAlice(t);
  await storage.makeDirectory(at('/folder'), 0o7777, allow);
  const file = await storage.open(at('/a'), { write: true, create: true, mode: 0o7777 }, allow);
  t.is((await file.stat()).mode & 0o7000, 0);
  await file.setAttributes({ mode: 0o7777 });
  t.is((await file.stat()).mode & 0o7777, 0o777);
  await file.close();
  await storage.setAttributes(at('/a'), { mode: 0xffffffff }, true, allow);
  t.is((await stat(join(folder, 'a'))).mode & 0o7777, 0o777);
  t.is((await stat(join(folder, 'folder'))).mode & 0o7000, 0);
  for (const mode of [2 ** 32, -1, 0.5]) {
    await fails(t, 'invalid-argument', storage.setAttributes(at('/a'), { mode }, true, allow));
  }
});

test('disk: a rename to a free name moves what has many names, and links', async (t) => {
  const { storage, folder } = await openAlice(t);
  await writeFile(join(folder, 'a'), 'content');
  await link(join(folder, 'a'), join(folder, 'second'));
  await storage.rename(at('/a'), at('/b'), false, { from: allow, to: allow });
  await fails(t, 'already-exists', storage.rename(at('/b'), at('/second'), false, { from: allow, to: allow }));
  t.deepEqual((await readdir(folder)).sort(), ['b', 'second']);
  t.is((await stat(join(folder, 'b'))).nlink, 2);
});

test('disk: a file that is longer than the system allows is refused, and closing it says so once', async (t) => {
  const homesDirectory = await temporaryFolder(t);
  const script = fileURLToPath(new URL('./limited-writer.js', import.meta.url));
  const command = 'ulimit -f 64 && exec "$0" "$@"';
  const { stdout } = await run('bash', ['-c', command, process.execPath, script, homesDirectory]);
  t.deepEqual(JSON.parse(stdout), { write: 'too-large', sizeBytes: 64 * 1024, close: 'too-large', again: 'ok' });
});

test('disk: a folder that is removed while it is read ends, and an open one moved away is still read', async (t) => {
  const { storage, folder } = await openAlice(t);
  await mkdir(join(folder, 'one'));
  await mkdir(join(folder, 'two'));
  await writeFile(join(folder, 'two/a'), '');
  const [one, two] = [await storage.list(at('/one'), allow), await storage.list(at('/two'), allow)];
  await storage.removeDirectory(at('/one'), allow);
  await rename(join(folder, 'two'), join(folder, 'three'));
  t.deepEqual(await one.read(10), []);
  t.deepEqual(
    (await two.read(10)).map(({ name }) => name),
    ['a'],
  );
  await Promise.all([one.close(), two.close()]);
});

test('disk: closing the home spares what is under way and what is open', async (t) => {
  // Had the home's descriptor been closed under a call, its number could be another user's home by the time it acts.
  const { storage, folder } = await openAlice(t);
  await writeFile(join(folder, 'a'), 'content');
  const file: OpenFile = await storage.open(at('/a'), { read: true }, allow);
  const directory = await storage.list(ROOT, allow);
  const underWay = Array.from({ length: 50 }, (_, index) => storage.makeDirectory(at(`/${index}`), 0o700, allow));
  storage.close();
  await fails(t, 'closed', storage.stat(at('/a'), true, allow));
  await Promise.all(underWay);
  t.is((await readdir(folder)).length, 51);
  t.is(await file.read(Buffer.alloc(10), 0), 7);
  t.true((await directory.read(100)).length >= 1);
  await file.close();
  await directory.close();
});
