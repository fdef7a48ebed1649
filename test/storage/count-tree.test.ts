import { execFile } from 'node:child_process';
import { link, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { ROOT } from '../../src/model/path.ts';
import type { Usage } from '../../src/model/usage.ts';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import { openDeepJail, openJailOf } from '../../src/storage/choose-jail.ts';
import { countTree } from '../../src/storage/count-tree.ts';
import type { HostPath, Jail } from '../../src/storage/place.ts';
import { sweepHomes } from '../../src/storage/sweep-homes.ts';
import { createLocalCalls } from '../../src/storage/system-calls.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog } from '../helpers/test-log.ts';

const run = promisify(execFile);
const options = { walkMode: 'auto', local: createLocalCalls() } as const;
const openDeep = (host: HostPath): Promise<Jail> => openDeepJail('held', host, options);
const { signal } = new AbortController();

async function count(folder: string, countOf: (inode: string) => Usage | undefined = () => undefined): Promise<Usage> {
  const jail = await openJailOf.held(folder, options);
  try {
    return await countTree({ jail, openDeep, countOf, signal });
  } finally {
    jail.close();
  }
}

/** Folders in each other, their names `bytes` long together. */
async function chain(folder: string, letter: string, bytes: number): Promise<string> {
  const path = join(folder, ...Array.from({ length: Math.floor(bytes / 200) }, () => letter.repeat(199)));
  await mkdir(path, { recursive: true });
  return path;
}

/** Nests chains until the path of the file in the last one has more than 10,000 bytes. */
async function makeDeep(t: ExecutionContext, leaf: string): Promise<{ folder: string; folders: number }> {
  const home = await temporaryFolder(t);
  const folder = join(home, 'alice');
  await writeFile(join(await chain(folder, 'd', 3600), leaf), '12345');
  for (const letter of ['c', 'b', 'a']) {
    const bottom = await chain(folder, letter, 3600);
    const top = String.fromCharCode(letter.charCodeAt(0) + 1).repeat(199);
    await rename(join(folder, top), join(bottom, top));
  }
  t.teardown(() => run('rm', ['-rf', folder]));
  return { folder, folders: 4 * 18 };
}

test('count: sizes of files, and one for each file, folder, link and special file', async (t) => {
  const folder = await temporaryFolder(t);
  t.deepEqual(await count(folder), { bytes: 0, files: 0 });
  await mkdir(join(folder, 'a/b'), { recursive: true });
  for (let index = 0; index < 100; index += 1) await writeFile(join(folder, `a/b/${index}`), Buffer.alloc(index));
  await symlink('a', join(folder, 'link'));
  await run('mkfifo', [join(folder, 'fifo')]);
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), 'odd');
  await run('truncate', ['-s', '1G', join(folder, 'sparse')]);
  t.deepEqual(await count(folder), { bytes: 4950 + 3 + 2 ** 30, files: 2 + 100 + 1 + 1 + 1 + 1 });
});

test('count: a file with several names counts once, also when some are elsewhere', async (t) => {
  const [folder, elsewhere] = [await temporaryFolder(t), await temporaryFolder(t)];
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a/one'), Buffer.alloc(10));
  await link(join(folder, 'a/one'), join(folder, 'a/two'));
  await link(join(folder, 'a/one'), join(folder, 'three'));
  await writeFile(join(elsewhere, 'four'), Buffer.alloc(20));
  await link(join(elsewhere, 'four'), join(folder, 'four'));
  t.deepEqual(await count(folder), { bytes: 30, files: 3 });
});

test('count: an open file counts as what its ledger says', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['a', 'b']) await writeFile(join(folder, name), Buffer.alloc(10));
  let asked = 0;
  const total = await count(folder, () => {
    asked += 1;
    return asked === 1 ? { bytes: 500, files: 0 } : undefined;
  });
  t.deepEqual(total, { bytes: 510, files: 1 });
});

test('count: what lies deeper than a path can say counts, too, and is swept', async (t) => {
  const { folder, folders } = await makeDeep(t, '.sshome-upload.00000000000000000000000000000000.part');
  t.deepEqual(await count(folder), { bytes: 5, files: folders + 1 });
  const swept = await sweepHomes({
    directories: { home: join(folder, '..'), folder: join(folder, 'nothing') },
    jail: 'held',
    ...options,
    keepMs: () => 0,
    active: createActiveUploads(),
    signal,
    log: createTestLog(),
  });
  t.deepEqual(swept, { removed: 1, kept: 0 });
  t.deepEqual(await count(folder), { bytes: 0, files: folders });
});

test('count: what is gone is left out; what can not be looked at is an error, and no smaller number', async (t) => {
  const failing = (code: string, errno: number): Jail => ({
    at: ROOT,
    hanging: 'never',
    makesLinks: true,
    find: () => Promise.reject(Object.assign(new Error(code), { code, errno, syscall: 'open' })),
    hostOf: () => '',
    close: () => undefined,
  });
  const from = (jail: Jail) => countTree({ jail, openDeep, countOf: () => undefined, signal });
  t.deepEqual(await from(failing('ENOENT', -2)), { bytes: 0, files: 0 });
  await t.throwsAsync(from(failing('EACCES', -13)), { code: 'EACCES' });
});
