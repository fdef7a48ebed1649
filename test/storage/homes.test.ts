// The shared folders of a server on the disk: who sees what, when they come and go, what they cost, and what happens when
// one of them can't be had.

import { readdirSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type FileErrorCode, isFileError } from '../../src/model/error.ts';
import type { OpenFile } from '../../src/model/files.ts';
import type { LogFields } from '../../src/model/log.ts';
import { parsePath as at } from '../../src/model/path.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { UploadPolicy } from '../../src/storage/upload-policy.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { until } from '../helpers/until.ts';
import { allow, makeFolder, names, read, write } from './mounted-trees.ts';
import { createFolderRules, makeHomes, type TestHomes } from './test-homes.ts';

const ATOMIC: UploadPolicy = { mode: 'atomic', sync: 'off', keepMs: 60_000 };

async function login(t: ExecutionContext, { homes }: TestHomes, user: string): Promise<Storage> {
  const storage = await homes.open(user);
  t.teardown(() => storage.close());
  return storage;
}

async function fails(t: ExecutionContext, code: FileErrorCode, work: Promise<unknown>, path?: string): Promise<void> {
  const error = await t.throwsAsync(work);
  if (!isFileError(error, code)) return t.fail(`${error} instead of ${code}`);
  if (path !== undefined) t.is(error.path, path);
  t.notRegex(error.message, /\/tmp\//, 'a host path is told');
}

test('shared folders: two users see each other’s files, and nobody else does', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design', 'plans=/plans');
  made.rules.give('bob', 'design=/shared/design');
  const [alice, bob, mallory] = [
    await login(t, made, 'alice'),
    await login(t, made, 'bob'),
    await login(t, made, 'mallory'),
  ];
  await write(alice, '/shared/design/a', 'of alice');
  await write(bob, '/shared/design/b', 'of bob');
  await write(alice, '/plans/p', 'plan');
  t.is(await read(bob, '/shared/design/a'), 'of alice');
  t.is(await read(alice, '/shared/design/b'), 'of bob');
  await bob.remove(at('/shared/design/a'), allow);
  t.deepEqual(await names(alice, '/shared/design'), ['b']);
  t.deepEqual(await names(alice, '/'), ['plans', 'shared']);
  t.deepEqual(await names(bob, '/'), ['shared']);
  t.deepEqual(await names(mallory, '/'), []);
  for (const path of ['/shared', '/shared/design/b', '/plans/p']) {
    await fails(t, 'not-found', mallory.stat(at(path), true, allow));
  }
  await fails(t, 'not-found', bob.stat(at('/plans/p'), true, allow));
  t.deepEqual((await readdir(made.sharedFolder)).sort(), ['design', 'plans']);
  t.deepEqual(await readdir(join(made.homesFolder, 'alice')), []);
});

test('shared folders: one is made when it is first needed, for the server alone', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design', 'plans');
  const alice = await login(t, made, 'alice');
  await t.throwsAsync(stat(made.sharedFolder), { code: 'ENOENT' });
  await write(alice, '/shared/design/a');
  t.deepEqual(await readdir(made.sharedFolder), ['design']);
  for (const folder of [made.sharedFolder, join(made.sharedFolder, 'design')]) {
    t.is((await stat(folder)).mode & 0o7777, 0o700);
  }
});

test('shared folders: they come and go in sessions that run, and what stays is not touched', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design');
  const [alice, other, bob] = [
    await login(t, made, 'alice'),
    await login(t, made, 'alice'),
    await login(t, made, 'bob'),
  ];
  await write(alice, '/shared/design/a', 'still here');
  const file = await alice.open(at('/shared/design/a'), { read: true }, allow);
  const directory = await alice.list(at('/shared/design'), allow);

  const beforeMs = Date.now();
  made.rules.give('alice', 'design', 'plans');
  await write(other, '/shared/plans/p');
  t.deepEqual(await names(alice, '/shared'), ['design', 'plans']);
  t.true((await alice.stat(at('/shared'), true, allow)).modifiedMs >= beforeMs);
  t.is((await directory.read(10))[0]?.name, 'a', 'a folder that stays goes on');
  await directory.close();

  made.rules.give('alice', 'plans');
  for (const storage of [alice, other]) {
    await fails(t, 'not-found', storage.stat(at('/shared/design/a'), true, allow), '/shared/design/a');
    await fails(
      t,
      'not-found',
      storage.open(at('/shared/design/new'), { write: true, create: true }, allow).then(close),
    );
    t.deepEqual(await names(storage, '/shared'), ['plans']);
  }
  await file.close();
  made.rules.give('alice');
  t.deepEqual(await names(alice, '/'), []);

  made.rules.give('bob', 'design');
  made.rules.give('alice', 'design=/elsewhere');
  t.is(await read(bob, '/shared/design/a'), 'still here');
  t.is(await read(alice, '/elsewhere/a'), 'still here');
  t.deepEqual(await names(alice, '/'), ['elsewhere']);
});

async function close(file: OpenFile): Promise<void> {
  await file.close();
}

test('shared folders: rules that change do not reach sessions that have ended', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design');
  const storage = await made.homes.open('alice');
  await write(storage, '/shared/design/a');
  storage.close();
  made.rules.give('alice', 'plans');
  await fails(t, 'closed', storage.stat(at('/'), true, allow));
  t.deepEqual(await readdir(made.sharedFolder), ['design']);
});

test('shared folders: a name that is no folder name leads nowhere', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', '../escape=/a', '.hidden=/b', '-x=/c', '=/d', 'a/b=/e', 'ok=/f');
  const alice = await login(t, made, 'alice');
  for (const path of ['/a', '/b', '/c', '/d', '/e']) await fails(t, 'io-error', alice.list(at(path), allow), path);
  await write(alice, '/f/file');
  t.deepEqual(await readdir(made.sharedFolder), ['ok']);
});

for (const place of ['.', 'alice', '..']) {
  test(`shared folders: they are not to be had in ${place} of the homes, and the log says so`, async (t) => {
    const homesFolder = join(await temporaryFolder(t), 'homes');
    await mkdir(join(homesFolder, 'alice'), { recursive: true });
    const errors: LogFields[] = [];
    const log = { ...createTestLog(), error: (_: string, fields: LogFields = {}) => void errors.push(fields) };
    const rules = createFolderRules();
    const folders = { directory: join(homesFolder, place), rules };
    const made = { ...(await makeHomes(t, { directory: homesFolder, folders, log })), rules };
    rules.give('bob', 'alice');
    const bob = await login(t, made, 'bob');
    await fails(t, 'io-error', bob.list(at('/shared/alice'), allow));
    t.regex(String(errors[0]?.['reason']), /within the homes/);
  });
}

test('shared folders: one that can not be had stops no login, is logged once, and is there again when it can', async (t) => {
  const errors: LogFields[] = [];
  const infos: LogFields[] = [];
  const log = {
    ...createTestLog(),
    error: (_: string, fields: LogFields = {}) => void errors.push(fields),
    info: (_: string, fields: LogFields = {}) => void infos.push(fields),
  };
  const made = await makeHomes(t, { log });
  await mkdir(made.sharedFolder);
  await symlink('/tmp', join(made.sharedFolder, 'link'));
  await writeFile(join(made.sharedFolder, 'file'), '');
  made.rules.give('alice', 'link', 'file', 'good');
  const [alice, again] = [await login(t, made, 'alice'), await login(t, made, 'alice')];
  for (const storage of [alice, again, alice]) {
    for (const name of ['link', 'file']) {
      await fails(t, 'io-error', storage.list(at(`/shared/${name}`), allow), `/shared/${name}`);
      await fails(t, 'io-error', storage.stat(at(`/shared/${name}/x`), true, allow), `/shared/${name}/x`);
    }
  }
  t.deepEqual(await names(alice, '/shared'), ['file', 'good', 'link']);
  await write(alice, '/shared/good/a');
  await write(alice, '/own');
  t.deepEqual(errors.map(({ folder }) => folder).sort(), ['file', 'link']);
  t.true(errors.every(({ reason }) => /not a folder/.test(String(reason))));

  await rm(join(made.sharedFolder, 'link'));
  await write(again, '/shared/link/a', 'mended');
  t.is(await read(alice, '/shared/link/a'), 'mended');
  t.deepEqual(infos, [{ folder: 'link' }]);
});

test('shared folders: one that was replaced on the disk is the new one for who comes later', async (t) => {
  const made = await makeHomes(t);
  const folder = join(made.sharedFolder, 'design');
  made.rules.give('alice', 'design');
  const before = await login(t, made, 'alice');
  await write(before, '/shared/design/a', 'old');
  await rename(folder, `${folder}.old`);
  const after = await login(t, made, 'alice');
  t.deepEqual(await names(after, '/shared/design'), []);
  await write(after, '/shared/design/a', 'new');
  t.is(await read(before, '/shared/design/a'), 'old');
  t.is(await read(await login(t, made, 'alice'), '/shared/design/a'), 'new');
});

test('shared folders: without the stronger jail they work as well', async (t) => {
  const made = await makeHomes(t, { jail: 'portable' });
  made.rules.give('alice', 'design');
  const alice = await login(t, made, 'alice');
  await makeFolder(alice, '/shared/design/folder');
  await write(alice, '/shared/design/folder/a', 'found');
  await symlink('/shared/design/folder', join(made.homesFolder, 'alice', 'link'));
  await symlink('../../homes', join(made.sharedFolder, 'design', 'out'));
  t.is(await read(alice, '/link/a'), 'found');
  t.is(await alice.realPath(at('/link/a'), allow), at('/shared/design/folder/a'));
  await fails(t, 'not-found', alice.list(at('/shared/design/out'), allow));
});

test.serial(
  'shared folders: each costs one descriptor, however many sessions there are, and none in the end',
  async (t) => {
    const made = await makeHomes(t);
    const folders = Array.from({ length: 20 }, (_, index) => `f${index}`);
    for (const user of ['alice', 'bob']) made.rules.give(user, ...folders);
    const held = (): number => readdirSync('/proc/self/fd').length;
    await write(await login(t, made, 'warm-up'), '/a');
    const before = held();
    const sessions: Storage[] = [];
    for (let count = 0; count < 15; count += 1) sessions.push(await made.homes.open(count % 2 === 0 ? 'alice' : 'bob'));
    t.is(held(), before + 15, 'a home each, and no folder before it is needed');
    for (const storage of sessions) t.is((await names(storage, '/shared')).length, 20);
    for (const storage of sessions) await write(storage, `/shared/f3/${sessions.indexOf(storage)}`);
    t.is(held(), before + 15 + 20);
    made.rules.give('alice');
    t.is((await names(sessions[1] as Storage, '/shared/f3')).length, 15);
    made.rules.give('bob');
    await until(() => held() === before + 15);
    for (const storage of sessions) storage.close();
    await until(() => held() === before);
    t.pass();
  },
);

test('shared folders: a session that ends while one is being opened lets go of it', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design');
  const alice = await made.homes.open('alice');
  const work = alice.stat(at('/shared/design'), true, allow);
  alice.close();
  await fails(t, 'not-found', work);
  const [next] = [await login(t, made, 'alice')];
  await write(next, '/shared/design/a');
  t.deepEqual(await names(next, '/shared/design'), ['a']);
});

test('shared folders: atomic uploads appear when they are whole, for others too, and replace what was there', async (t) => {
  const made = await makeHomes(t, { uploads: () => ATOMIC });
  for (const user of ['alice', 'bob']) made.rules.give(user, 'design');
  const [alice, bob] = [await login(t, made, 'alice'), await login(t, made, 'bob')];
  const options = { write: true, create: true, truncate: true };
  const file = await alice.open(at('/shared/design/a'), options, allow);
  await file.write(Buffer.from('half'), 0);
  t.is((await alice.stat(at('/shared/design/a'), true, allow)).sizeBytes, 4);
  t.deepEqual(await names(bob, '/shared/design'), []);
  await fails(t, 'not-found', bob.open(at('/shared/design/a'), { read: true }, allow));
  await file.close();
  t.is(await read(bob, '/shared/design/a'), 'half');
});

test('shared folders: what was cut off is gone on with, and swept when it is old', async (t) => {
  const swept: LogFields[] = [];
  const log = { ...createTestLog(), info: (_: string, fields: LogFields = {}) => void swept.push(fields) };
  const made = await makeHomes(t, { uploads: () => ATOMIC, sweeping: () => () => 0, log });
  made.rules.give('alice', 'design');
  const alice = await login(t, made, 'alice');
  const cutOff = async (path: string): Promise<void> => {
    const file = await alice.open(at(path), { write: true, create: true, truncate: true }, allow);
    await file.write(Buffer.from('first '), 0);
    await file.close({ abandon: true });
  };
  await cutOff('/shared/design/resumed');
  const later = await login(t, made, 'alice');
  t.is((await later.stat(at('/shared/design/resumed'), true, allow)).sizeBytes, 6);
  const file = await later.open(at('/shared/design/resumed'), { write: true }, allow);
  await file.write(Buffer.from('second'), 6);
  await file.close();
  t.is(await read(alice, '/shared/design/resumed'), 'first second');

  await cutOff('/shared/design/left');
  await cutOff('/left');
  t.is((await readdir(join(made.sharedFolder, 'design'))).length, 2);
  made.homes.startSweeping();
  await until(() => swept.length > 0);
  t.deepEqual(swept, [{ removed: 2, kept: 0 }]);
  t.deepEqual(await readdir(join(made.sharedFolder, 'design')), ['resumed']);
});

test('shared folders: sweeping does without them when there are none', async (t) => {
  const swept: LogFields[] = [];
  const log = { ...createTestLog(), info: (_: string, fields: LogFields = {}) => void swept.push(fields) };
  const made = await makeHomes(t, { sweeping: () => () => 0, log });
  made.homes.startSweeping();
  await until(() => swept.length > 0);
  t.deepEqual(swept, [{ removed: 0, kept: 0 }]);
});

test('shared folders: times and modes of the folder itself can be set', async (t) => {
  const made = await makeHomes(t);
  made.rules.give('alice', 'design');
  const alice = await login(t, made, 'alice');
  await makeFolder(alice, '/shared/design/folder');
  const times = { accessedMs: 1000, modifiedMs: 2000 };
  await alice.setAttributes(at('/shared/design'), { mode: 0o750, times }, true, allow);
  const { mode, modifiedMs } = await alice.stat(at('/shared/design'), true, allow);
  t.deepEqual({ mode: mode & 0o777, modifiedMs }, { mode: 0o750, modifiedMs: 2000 });
  await utimes(join(made.sharedFolder, 'design'), 5, 5);
  const directory = await alice.list(at('/shared'), allow);
  t.is((await directory.read(5))[0]?.attributes.modifiedMs, 5000);
  await directory.close();
  await chmod(join(made.sharedFolder, 'design'), 0o700);
});

test('homes: a login that is gone waits for no home', async (t) => {
  const { homes } = await makeHomes(t);
  await fails(t, 'cancelled', homes.open('alice', AbortSignal.abort()));
  (await homes.open('alice', new AbortController().signal)).close();
});
