// Quotas of shared folders over a whole server: what is in a folder counts for the folder, whoever put it there.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../../src/client/index.ts';
import { askServer } from '../../src/control/ask.ts';
import { type FileErrorCode, isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import type { TreeUsage } from '../../src/model/usage.ts';
import { inRepository } from '../helpers/folder.ts';
import { runProgram } from '../helpers/program.ts';
import { type RuledServer, startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { usageOnDisk } from '../storage/counted-trees.ts';
import { connectActor } from './actors.ts';
import { get, put } from './server-under-test.ts';

const MIB = 1024 * 1024;

interface FolderRules {
  readonly quota?: number;
  readonly files?: number;
  readonly users?: readonly string[];
}

/** Homes of 1000 bytes, and a folder that `users` have together. */
const rulesOf = ({ quota, files, users = ['alice', 'bob'] }: FolderRules): string => `
folders:
  design: { quota: ${quota ?? 'none'}, files: ${files ?? 'none'}, grants: [{ role: owner, users: [${users}] }] }
users:
  '*': { quota: 1000 }
`;

async function fails(t: ExecutionContext, code: FileErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(work);
  t.true(isFileError(error, code), String(error));
}

async function accountOf(server: RuledServer, tree: string): Promise<TreeUsage | undefined> {
  const trees = await askServer(join(server.folder, 'state'), { verb: 'quota show' });
  return trees.find((one) => one.tree === tree);
}

/** What is counted is what is there. */
async function agrees(t: ExecutionContext, server: RuledServer): Promise<void> {
  t.deepEqual(
    (await accountOf(server, 'folder:design'))?.used,
    await usageOnDisk(join(server.sharedFolders, 'design')),
  );
}

for (const upload of ['in-place', 'atomic'] as const) {
  test(`folder quota, ${upload}: two users who fill it at once never pass it, and fill it to the last byte`, async (t) => {
    t.timeout(60_000);
    const limit = 2 * MIB + 12_345;
    const server = await startServer(t, { upload }, rulesOf({ quota: limit }));
    const folder = join(server.sharedFolders, 'design');
    const actors = ['alice', 'bob', 'alice', 'bob'] as const;
    const clients = await Promise.all(actors.map((actor) => connectActor(t, server, actor)));
    let isOver = false;
    let mostSeen = 0;
    const watching = (async () => {
      while (!isOver) {
        mostSeen = Math.max(mostSeen, (await usageOnDisk(folder).catch(() => ({ bytes: 0 }))).bytes);
        await delay(20);
      }
    })();
    await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const { files } = clients[index % clients.length] as Client;
        await put(files, `shared/design/file-${index}`, Buffer.alloc(MIB / 4, index)).catch((error: unknown) => {
          t.true(isFileError(error, 'quota-exceeded'), String(error));
        });
      }),
    );
    // What is left is had byte by byte, by both.
    const open = clients.map(async ({ files }, index) => {
      const path = parsePath(`/shared/design/fill-${index}`);
      const file = await files.open(path, { write: true, create: true });
      let offset = 0;
      for (let length = 65_536; length >= 1; ) {
        try {
          await file.write(Buffer.alloc(length), offset);
          offset += length;
        } catch {
          length = Math.floor(length / 2);
        }
      }
      return file;
    });
    const filled = await Promise.all(open);
    isOver = true;
    await watching;
    t.true(mostSeen > 0 && mostSeen <= limit, `${mostSeen} of ${limit} were there`);
    t.is((await usageOnDisk(folder)).bytes, limit);

    const [{ files }] = clients as [Client];
    const { blockBytes, totalBlocks, freeBlocks } = await files.space(parsePath('/shared/design'));
    t.deepEqual([totalBlocks, freeBlocks], [Math.floor(limit / blockBytes), 0]);
    await Promise.all(filled.map((file) => file.close().catch(() => undefined)));
    await agrees(t, server);

    // None of it is in anybody's home.
    await put(files, 'own', Buffer.alloc(1000));
    t.deepEqual((await accountOf(server, 'home:alice'))?.used, { bytes: 1000, files: 1 });
    await fails(t, 'quota-exceeded', put(files, 'more', Buffer.alloc(1)));
  });
}

test('folder quota: df shows it at the mount, and what one user removes is room for the other', async (t) => {
  const server = await startServer(t, {}, rulesOf({ quota: 8 * MIB, files: 1000 }));
  const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
  await put(alice.files, 'shared/design/a', Buffer.alloc(6 * MIB));
  const ssh = await login(t, server, 'bob');
  const df = await run(ssh, 'df /shared/design');
  t.regex(df.stdout.toString(), /^sshome\s+8192\s+6144\s+2048\s+75% \/shared\/design$/m);
  const open = await bob.files.open(parsePath('/shared/design/a'), { read: true });
  const { blockBytes, totalBlocks, totalFiles, freeFiles } = await open.space();
  t.deepEqual([totalBlocks * blockBytes, totalFiles, freeFiles], [8 * MIB, 1000, 999]);
  await open.close();
  t.is((await bob.files.space(parsePath('/'))).totalBlocks, 0, 'a home of 1000 bytes has no whole block');

  await fails(t, 'quota-exceeded', put(bob.files, 'shared/design/b', Buffer.alloc(3 * MIB)));
  await bob.files.remove(parsePath('/shared/design/b')).catch(() => undefined);
  await bob.files.remove(parsePath('/shared/design/a'));
  await put(bob.files, 'shared/design/b', Buffer.alloc(8 * MIB));
  await fails(t, 'quota-exceeded', put(alice.files, 'shared/design/c', Buffer.alloc(1)));
  await alice.files.remove(parsePath('/shared/design/c')).catch(() => undefined);
  // A copy into the home counts there, and one within the folder for the folder.
  await fails(t, 'quota-exceeded', alice.files.copy(parsePath('/shared/design/b'), parsePath('/b')));
  await alice.files.remove(parsePath('/b')).catch(() => undefined);
  await fails(t, 'quota-exceeded', alice.files.copy(parsePath('/shared/design/b'), parsePath('/shared/design/c')));
  await alice.files.remove(parsePath('/shared/design/c')).catch(() => undefined);
  await agrees(t, server);
  t.deepEqual((await accountOf(server, 'home:alice'))?.used, { bytes: 0, files: 0 });
});

test('folder quota: one that is set, changed and taken away counts at once, for whoever has it mounted', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, rulesOf({}));
  const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
  const file = await alice.files.open(parsePath('/shared/design/a'), { write: true, create: true });
  await file.write(Buffer.alloc(5000), 0);
  await server.setRules(rulesOf({ quota: 6000 }));
  await until(async () => (await accountOf(server, 'folder:design')) !== undefined);
  await fails(t, 'quota-exceeded', put(bob.files, 'shared/design/b', Buffer.alloc(1001)));
  await bob.files.remove(parsePath('/shared/design/b')).catch(() => undefined);
  await file.write(Buffer.alloc(1000), 5000);
  await fails(t, 'quota-exceeded', file.write(Buffer.alloc(1), 6000));
  await agrees(t, server);
  await server.setRules(rulesOf({ quota: 7000 }));
  await until(async () => (await accountOf(server, 'folder:design'))?.quota.bytes === 7000);
  await put(bob.files, 'shared/design/b', Buffer.alloc(1000));
  await server.setRules(rulesOf({ files: 2 }));
  await until(async () => (await accountOf(server, 'folder:design'))?.quota.files === 2);
  await file.write(Buffer.alloc(MIB), 6000);
  await fails(t, 'quota-exceeded', put(bob.files, 'shared/design/c', Buffer.alloc(1)));
  await t.throwsAsync(file.close());
  await agrees(t, server);
});

for (const upload of ['in-place', 'atomic'] as const) {
  test(`folder quota, ${upload}: what is cut off as a user loses the folder leaves the account right`, async (t) => {
    t.timeout(60_000);
    const server = await startServer(t, { upload }, rulesOf({ quota: 100_000 }));
    const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
    await put(alice.files, 'shared/design/a', Buffer.alloc(30_000));
    const replacing = await bob.files.open(parsePath('/shared/design/a'), {
      write: true,
      create: true,
      truncate: true,
    });
    await replacing.write(Buffer.alloc(60_000), 0);
    const adding = await bob.files.open(parsePath('/shared/design/b'), { write: true, create: true });
    await adding.write(Buffer.alloc(20_000), 0);
    await server.setRules(rulesOf({ quota: 100_000, users: ['alice'] }));
    await until(async () => isFileError(await replacing.write(Buffer.alloc(1), 0).catch((error: unknown) => error)));
    await t.throwsAsync(replacing.close());
    await t.throwsAsync(adding.close());
    await fails(t, 'not-found', bob.files.stat(parsePath('/shared/design')));
    t.true(Buffer.alloc(30_000).equals(await get(alice.files, 'shared/design/a')));
    await agrees(t, server);
    const { bytes } = await usageOnDisk(join(server.sharedFolders, 'design'));
    await put(alice.files, 'shared/design/c', Buffer.alloc(100_000 - bytes));
    await fails(t, 'quota-exceeded', put(alice.files, 'shared/design/d', Buffer.alloc(1)));
  });
}

test('folder quota: `sshome quota` shows it, and counts anew what others did to the disk', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, rulesOf({ quota: 100_000, files: 1000 }));
  const quota = async (...words: string[]): Promise<string> => {
    const program = inRepository('build/src/main.cjs');
    const state = join(server.folder, 'state');
    const result = await runProgram(t, process.execPath, [program, 'quota', ...words, '--state', state]);
    return `${result.status}: ${result.stdout.toString()}${result.stderr}`;
  };
  const folder = join(server.sharedFolders, 'design');
  t.is(await quota('scan', 'folder:design'), '0: folder:design: 0 bytes in 0 files\n');
  const { files } = await connectActor(t, server, 'alice');
  await put(files, 'shared/design/a', Buffer.alloc(60_000));
  await mkdir(join(folder, 'inner'));
  await writeFile(join(folder, 'inner/b'), Buffer.alloc(30_000));
  t.regex(await quota('show'), /^folder:design +58\.6 KiB of 97\.7 KiB, 1 of 1000 files$/m);
  t.is(await quota('scan', 'folder:design'), '0: folder:design: 90000 bytes in 3 files\n');
  await fails(t, 'quota-exceeded', put(files, 'shared/design/c', Buffer.alloc(10_001)));
  await rm(join(folder, 'inner'), { recursive: true });
  await files.remove(parsePath('/shared/design/c')).catch(() => undefined);
  t.is(await quota('scan', 'folder:design'), '0: folder:design: 60000 bytes in 1 files\n');
  await put(files, 'shared/design/c', Buffer.alloc(40_000));
  t.is(await quota('scan', 'folder:nowhere'), '1: sshome: there is no shared folder nowhere\n');
});
