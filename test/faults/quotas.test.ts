// Quotas of a whole server: with many writers at once, over a kill, and as stock clients meet them.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../../src/client/index.ts';
import { type FileErrorCode, isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import type { UserRules } from '../../src/model/rules.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { LiveRules } from '../helpers/live-rules.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { usageOnDisk } from '../storage/counted-trees.ts';
import { connectActor } from './actors.ts';
import { get, put, worksFor } from './server-under-test.ts';

const MIB = 1024 * 1024;

const quota = (bytes: number | undefined, files?: number): Partial<UserRules> => ({ quota: { bytes, files } });

async function fails(t: ExecutionContext, code: FileErrorCode, work: Promise<unknown>): Promise<Error | undefined> {
  const error = await t.throwsAsync(work);
  t.true(isFileError(error, code), String(error));
  return error;
}

/** What `df -b` would say: used, and free to the user. */
async function spaceOf(client: Client): Promise<{ total: number; used: number; available: number }> {
  const { blockBytes, totalBlocks, freeBlocks, availableBlocks } = await client.files.space(parsePath('/'));
  return {
    total: totalBlocks * blockBytes,
    used: (totalBlocks - freeBlocks) * blockBytes,
    available: availableBlocks * blockBytes,
  };
}

for (const upload of ['in-place', 'atomic'] as const) {
  test(`quota, ${upload}: many writers at once never pass it, and fill it to the last byte`, async (t) => {
    t.timeout(60_000);
    const limit = 4 * MIB + 12_345;
    const server = await startServer(t, { upload }, new LiveRules({ alice: quota(limit) }));
    const home = await server.homeOf('alice');
    const clients = await Promise.all(Array.from({ length: 4 }, () => connectActor(t, server, 'alice')));
    let isOver = false;
    let mostSeen = 0;
    const watching = (async () => {
      while (!isOver) {
        mostSeen = Math.max(mostSeen, (await usageOnDisk(home).catch(() => ({ bytes: 0 }))).bytes);
        await delay(20);
      }
    })();
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { files } = clients[index % clients.length] as Client;
        const file = await files.open(parsePath(`/file-${index}`), { write: true, create: true, truncate: true });
        try {
          for (let offset = 0; offset < MIB; offset += 50_000) await file.write(Buffer.alloc(50_000, index), offset);
          await file.close();
          return 'whole';
        } catch (error) {
          await file.close().catch(() => undefined);
          return isFileError(error) ? error.code : String(error);
        }
      }),
    );
    // What is left is had byte by byte, by several who want the same.
    const fill = clients.map(async ({ files }, index) => {
      const file = await files.open(parsePath(`/fill-${index}`), { write: true, create: true });
      let offset = 0;
      for (let length = 65_536; length >= 1; ) {
        const written = await file.write(Buffer.alloc(length), offset).then(
          () => true,
          () => false,
        );
        if (written) offset += length;
        else length = Math.floor(length / 2);
      }
      if (upload === 'atomic') return;
      await file.close().catch(() => undefined);
    });
    await Promise.all(fill);
    isOver = true;
    await watching;
    t.deepEqual(
      [...new Set(outcomes)].sort(),
      outcomes.includes('whole') ? ['quota-exceeded', 'whole'] : ['quota-exceeded'],
    );
    t.true(mostSeen <= limit, `${mostSeen} of ${limit} were there`);
    t.is((await usageOnDisk(home)).bytes, limit);
    t.is((await spaceOf(clients[0] as Client)).available, 0);
    await worksFor(t, await connectActor(t, server, 'bob'));
  });
}

test('quota: many that make files at once never pass the number', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, new LiveRules({ alice: quota(undefined, 50) }));
  const clients = await Promise.all(Array.from({ length: 4 }, () => connectActor(t, server, 'alice')));
  const made = await Promise.allSettled(
    Array.from({ length: 120 }, async (_, index) => {
      const { files } = clients[index % clients.length] as Client;
      if (index % 3 === 0) return files.makeDirectory(parsePath(`/folder-${index}`));
      if (index % 3 === 1) return files.makeLink(parsePath(`/link-${index}`), 'x');
      return put(files, `file-${index}`, Buffer.from('x'));
    }),
  );
  t.is(made.filter(({ status }) => status === 'fulfilled').length, 50);
  t.is((await usageOnDisk(await server.homeOf('alice'))).files, 50);
});

test('quota: an upload that does not fit is cut off with words, and what was there stays, on every face', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, new LiveRules({ alice: quota(100_000) }));
  const home = await server.homeOf('alice');
  const old = randomBytes(60_000);
  await writeFile(join(home, 'a'), old);
  const client = await connectActor(t, server, 'alice');
  const local = join(await temporaryFolder(t), 'a');
  const content = randomBytes(150_000);
  await writeFile(local, content);

  const refused = await fails(t, 'quota-exceeded', client.upload(local, '/a'));
  t.regex(refused?.message ?? '', /^Quota exceeded: \d+ of 100000 bytes are used$/);
  await fails(t, 'quota-exceeded', put(client.files, 'a', content));
  const ssh = await login(t, server, 'alice');
  const shell = await run(ssh, 'upload a', content);
  t.is(shell.status, 1);
  t.regex(shell.stderr, /^upload: a: Quota exceeded: \d+ of 100000 bytes are used\n$/);
  await put(client.files, 'b', Buffer.alloc(30_000));
  const copy = await run(ssh, 'copy b c');
  t.regex(copy.stderr, /Quota exceeded: 90000 of 100000 bytes are used/);
  await client.files.remove(parsePath('/c')).catch(() => undefined);
  await client.files.remove(parsePath('/b'));
  t.true(old.equals(await readFile(join(home, 'a'))));
  t.deepEqual(await usageOnDisk(home), { bytes: 60_000, files: 1 });

  // As large as there is room for, it does.
  await put(client.files, 'a', content.subarray(0, 100_000));
  t.true(content.subarray(0, 100_000).equals(await get(client.files, 'a')));
});

test('quota: stock sftp and scp are told, and leave what was there', async (t) => {
  if (!(await needs(t, { sftp: 'openssh-client', scp: 'openssh-client', sshpass: 'sshpass' }))) return;
  t.timeout(60_000);
  const server = await startServer(t, {}, new LiveRules({ alice: quota(100_000, 2) }));
  const home = await server.homeOf('alice');
  const old = randomBytes(60_000);
  await writeFile(join(home, 'a'), old);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a'), randomBytes(150_000));
  const common = [
    '-F',
    'none',
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'LogLevel=ERROR',
  ];
  const client = (program: string, words: readonly string[], input = '') =>
    runProgram(t, 'sshpass', ['-p', PASSWORDS.alice, program, ...common, '-P', String(server.port), ...words], {
      folder,
      input,
    });
  const sftp = await client('sftp', ['alice@127.0.0.1'], 'put a\ndf\nls -l\n');
  // It shows the status alone, never the text that comes with it.
  t.regex(sftp.stderr, /write remote "\/a": Failure/);
  // 1K-blocks: 24 blocks of 4096, of which 15 are used.
  t.regex(sftp.stdout.toString(), /\s96\s+60\s+36\s/);
  const scp = await client('scp', ['-O', 'a', 'alice@127.0.0.1:a']);
  t.regex(scp.stderr, /Quota exceeded: \d+ of 100000 bytes are used/);
  t.not(scp.status, 0);
  t.true(old.equals(await readFile(join(home, 'a'))));
  t.deepEqual(await usageOnDisk(home), { bytes: 60_000, files: 1 });
});

test('quota: df, statvfs and the client show it as the truth', async (t) => {
  const server = await startServer(t, {}, new LiveRules({ alice: quota(10 * MIB, 100) }));
  const client = await connectActor(t, server, 'alice');
  await put(client.files, 'a', Buffer.alloc(MIB));
  t.deepEqual(await spaceOf(client), { total: 10 * MIB, used: MIB, available: 9 * MIB });
  const open = await client.files.open(parsePath('/a'), { read: true });
  const { totalBlocks, freeBlocks, blockBytes, totalFiles, freeFiles } = await open.space();
  t.deepEqual([totalBlocks * blockBytes, freeBlocks * blockBytes, totalFiles, freeFiles], [10 * MIB, 9 * MIB, 100, 99]);
  const ssh = await login(t, server, 'alice');
  t.regex((await run(ssh, 'df')).stdout.toString(), /^sshome\s+10240\s+1024\s+9216\s+10% \/$/m);
  t.is((await run(ssh, 'du -b /')).stdout.toString(), `${MIB}\t/\n`);
});

test('quota: lowered, raised and taken away while an upload runs, it counts at once', async (t) => {
  t.timeout(60_000);
  const rules = new LiveRules();
  const server = await startServer(t, {}, rules);
  const { files } = await connectActor(t, server, 'alice');
  const file = await files.open(parsePath('/a'), { write: true, create: true, truncate: true });
  await file.write(Buffer.alloc(50_000), 0);
  rules.set('alice', quota(80_000));
  await file.write(Buffer.alloc(30_000), 50_000);
  await fails(t, 'quota-exceeded', file.write(Buffer.alloc(1), 80_000));
  rules.set('alice', { ...quota(90_000), maxUploadBytes: 85_000 });
  await file.write(Buffer.alloc(5000), 80_000);
  await fails(t, 'too-large', file.write(Buffer.alloc(1), 85_000));
  rules.set('alice', {});
  await file.write(Buffer.alloc(MIB), 85_000);
  rules.set('alice', quota(10));
  await fails(t, 'quota-exceeded', file.write(Buffer.alloc(1), MIB + 85_000));
  await file.write(Buffer.alloc(1), 0);
  await t.throwsAsync(file.close());
  await files.remove(parsePath('/a'));
  await put(files, 'a', Buffer.alloc(10));
});

test('pace: a user is no faster than is allowed, others are, and who goes away is gone', async (t) => {
  t.timeout(60_000);
  const rules = new LiveRules({ alice: { uploadBytesPerSecond: 1000, downloadBytesPerSecond: 1000 } });
  const server = await startServer(t, {}, rules);
  const home = await server.homeOf('alice');
  const content = randomBytes(3 * MIB);
  await writeFile(join(home, 'a'), content);
  const [leaving, staying] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'alice')];
  // At 1000 bytes a second these would take more than an hour.
  const cut = [put(leaving.files, 'cut', content).catch(() => 'cut'), get(leaving.files, 'a').catch(() => 'cut')];
  await worksFor(t, await connectActor(t, server, 'bob'));
  const bob = await connectActor(t, server, 'bob');
  await put(bob.files, 'a', content);
  const slow = [put(staying.files, 'b', content), get(staying.files, 'a')] as const;
  await leaving.quit();
  t.deepEqual(await Promise.all(cut), ['cut', 'cut']);
  rules.set('alice', {});
  await slow[0];
  t.true(content.equals(await slow[1]));
  t.true(content.equals(await readFile(join(home, 'b'))));
});

interface Killable {
  readonly port: number;
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<unknown>;
}

async function startKillable(t: ExecutionContext, folder: string, limits: object): Promise<Killable> {
  const settings = {
    port: '0',
    credentials: join(folder, 'id_passwd.txt'),
    homes: join(folder, 'homes'),
    keys: inRepository('build/test-host-keys'),
    state: join(folder, 'state'),
    grace: '0',
  };
  const child = spawn(
    process.execPath,
    [inRepository('build/test/faults/limited-server.js'), JSON.stringify(settings), JSON.stringify(limits)],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve(status ?? signal)));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(Number(text)));
    void ended.then(() => reject(new Error('the server did not start')));
  });
  return { port, child, ended };
}

async function quotaCommand(t: ExecutionContext, folder: string, ...words: string[]): Promise<string> {
  const program = inRepository('build/src/main.cjs');
  const result = await runProgram(t, process.execPath, [program, 'quota', ...words, '--state', join(folder, 'state')]);
  return `${result.status}: ${result.stdout.toString()}${result.stderr}`;
}

test('quota: over a kill and a stop the numbers stay right, and `sshome quota` shows them', async (t) => {
  t.timeout(60_000);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id_passwd.txt'), `alice:${PASSWORDS.alice}\nbob:${PASSWORDS.bob}\n`, { mode: 0o600 });
  const limits = { alice: quota(MIB, 100), bob: quota(5 * MIB) };
  const home = join(folder, 'homes/alice');

  const killed = await startKillable(t, folder, limits);
  const first = await connectActor(t, { host: '127.0.0.1', port: killed.port }, 'alice');
  t.regex(
    await quotaCommand(t, folder, 'show'),
    /^0: alice +not counted yet of 1\.0 MiB, \? of 100 files\nbob +not counted/,
  );
  await put(first.files, 'a', Buffer.alloc(300_000));
  t.is(
    await quotaCommand(t, folder, 'show', '--json'),
    '0: {"tree":"home:alice","used":{"bytes":300000,"files":1},"quota":{"bytes":1048576,"files":100}}\n' +
      '{"tree":"home:bob","quota":{"bytes":5242880}}\n',
  );
  // Replaced in place, but by an upload aside: killed in the middle of it, what was there is there.
  const replacing = await first.files.open(parsePath('/a'), { write: true, create: true, truncate: true });
  await replacing.write(Buffer.alloc(500_000, 'x'), 0);
  killed.child.kill('SIGKILL');
  await killed.ended;
  t.true(Buffer.alloc(300_000).equals(await readFile(join(home, 'a'))));

  const stopped = await startKillable(t, folder, limits);
  const second = await connectActor(t, { host: '127.0.0.1', port: stopped.port }, 'alice');
  // What the killed server left counts until it is swept.
  await fails(t, 'quota-exceeded', put(second.files, 'b', Buffer.alloc(MIB - 300_000 + 1)));
  await second.files.remove(parsePath('/b')).catch(() => undefined);
  await until(async () => (await quotaCommand(t, folder, 'scan', 'alice')) === '0: alice: 300000 bytes in 1 files\n');
  t.is(await quotaCommand(t, folder, 'scan', 'mallory'), '1: sshome: there is no user mallory\n');
  t.deepEqual(await usageOnDisk(home), { bytes: 300_000, files: 1 });
  await put(second.files, 'b', Buffer.alloc(MIB - 300_000));
  stopped.child.kill('SIGTERM');
  t.is(await stopped.ended, 0);
  t.deepEqual(JSON.parse(await readFile(join(folder, 'state/usage/home.alice.json'), 'utf8')), {
    bytes: MIB,
    files: 2,
  });

  // Nobody looks at the disk again: what was put there meanwhile is not known.
  await mkdir(join(home, 'folder'));
  const third = await startKillable(t, folder, limits);
  t.regex(await quotaCommand(t, folder, 'show'), /^0: alice +1\.0 MiB of 1\.0 MiB, 2 of 100 files\n/);
  const client = await connectActor(t, { host: '127.0.0.1', port: third.port }, 'alice');
  await fails(t, 'quota-exceeded', put(client.files, 'c', Buffer.alloc(1)));
  await t.throwsAsync(stat(join(folder, 'state/usage/home.alice.json')), { code: 'ENOENT' });
  t.is(await quotaCommand(t, folder, 'scan', 'alice', '--json'), `0: {"bytes":${MIB},"files":4}\n`);
});
