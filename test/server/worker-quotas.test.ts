// Quotas and speeds of the real program with two workers. Connections go to the worker with the fewest, so of two of one
// user, one after the other, each worker has one.

import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../../src/client/index.ts';
import { askServer } from '../../src/control/ask.ts';
import { isFileError } from '../../src/model/error.ts';
import type { OpenFile } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import type { Usage } from '../../src/model/usage.ts';
import { get, put, worksFor } from '../faults/server-under-test.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';
import { usageOnDisk } from '../storage/counted-trees.ts';
import { startWorkers, type WorkersUnderTest } from './workers-under-test.ts';

const MIB = 1024 * 1024;

interface Limited {
  readonly server: WorkersUnderTest;
  /** Alice's home on the disk. */
  readonly home: string;
  /** Changes what alice may. */
  limit(rules: string): Promise<void>;
  /** What is counted in it. */
  used(): Promise<Usage | undefined>;
  /** A server that is started again in the same folder. */
  again(settings?: Readonly<Record<string, string>>): Promise<Limited>;
}

async function startLimited(
  t: ExecutionContext,
  rules: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Limited> {
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  const users = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(join(folder, 'id_passwd.txt'), users.join(''), { mode: 0o600 });
  const limit = (words: string): Promise<void> =>
    writeFile(join(folder, 'sshome.yaml'), `users:\n  alice: {roles: [owner], ${words}}\n`, { mode: 0o600 });
  await limit(rules);
  const start = async (wanted: Readonly<Record<string, string>>): Promise<Limited> => {
    const server = await startWorkers(t, wanted, { folder });
    return {
      server,
      home: await server.homeOf('alice'),
      limit,
      used: async () => {
        const trees = await askServer(join(folder, 'state'), { verb: 'quota show' });
        return trees.find(({ tree }) => tree === 'home:alice')?.used;
      },
      again: (other = wanted) => start(other),
    };
  };
  return start(settings);
}

/** Writes a file in pieces until it is whole or refused. Resolves to how that ended. */
async function fill(files: Client['files'], name: string, bytes: number): Promise<string> {
  const file = await files.open(parsePath(name), { write: true, create: true, truncate: true });
  try {
    for (let offset = 0; offset < bytes; offset += 50_000) await file.write(Buffer.alloc(50_000, name), offset);
    await file.close();
    return 'whole';
  } catch (error) {
    await file.close().catch(() => undefined);
    return isFileError(error) ? error.code : String(error);
  }
}

/** Calls `look` all the while until the function that comes back is called. */
function keepLooking(look: () => Promise<void>): () => Promise<void> {
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      await look();
      await delay(20);
    }
  })();
  return () => {
    isOver = true;
    return looking;
  };
}

for (const upload of ['in-place', 'atomic']) {
  test.serial(
    `worker quotas, ${upload}: many writers on two workers never pass it, and fill it to the last byte`,
    async (t) => {
      t.timeout(120_000);
      const limitBytes = 40 * MIB + 12_345;
      const { server, home, used, again } = await startLimited(t, `quota: ${limitBytes}`, { upload });
      const clients = [await server.connect('alice'), await server.connect('alice')];
      let mostSeen = 0;
      const stop = keepLooking(async () => {
        mostSeen = Math.max(mostSeen, (await usageOnDisk(home).catch(() => ({ bytes: 0 }))).bytes);
      });
      const outcomes = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          fill((clients[index % 2] as Client).files, `/file-${index}`, (1 + (index % 4)) * MIB),
        ),
      );
      // What is left is had byte by byte, by two who want the same.
      const filling = clients.map(async ({ files }, index) => {
        const file = await files.open(parsePath(`/rest-${index}`), { write: true, create: true });
        let offset = 0;
        for (let length = 65_536; length >= 1; ) {
          const isWritten = await file.write(Buffer.alloc(length), offset).then(
            () => true,
            () => false,
          );
          if (isWritten) offset += length;
          else length = Math.floor(length / 2);
        }
        return file;
      });
      const files = await Promise.all(filling);
      await stop();
      t.true(mostSeen <= limitBytes, `${mostSeen} of ${limitBytes} were there`);
      t.deepEqual([...new Set(outcomes)].sort(), ['quota-exceeded', 'whole']);
      t.is((await usageOnDisk(home)).bytes, limitBytes, 'no room is left that somebody holds and does not use');
      t.is((await used())?.bytes, limitBytes);
      await worksFor(t, await server.connect('bob'));

      await Promise.all(files.map((file) => file.close().catch(() => undefined)));
      await Promise.all(clients.map((client) => client.quit()));
      await until(async () => (await server.sessions()).every(({ user }) => user !== 'alice'));
      t.deepEqual(await used(), await usageOnDisk(home));
      server.child.kill('SIGTERM');
      await server.ended;
      const restarted = await again();
      t.deepEqual(await restarted.used(), await usageOnDisk(home), 'known without looking');
    },
  );
}

test.serial('worker quotas: one that is killed gives back what it held, and what it left is counted', async (t) => {
  t.timeout(120_000);
  const limitBytes = 64 * MIB;
  const { server, home, used } = await startLimited(t, `quota: ${limitBytes}`);
  await writeFile(join(home, 'old'), Buffer.alloc(100_000));
  const before = await server.workers();
  const clients = [await server.connect('alice'), await server.connect('alice'), await server.connect('alice')];
  const open: OpenFile[] = [];
  for (const [index, { files }] of clients.entries()) {
    for (let count = 0; count < 4; count += 1) {
      const file = await files.open(parsePath(`/half-${index}-${count}`), { write: true, create: true });
      await file.write(Buffer.alloc(300_000), 0);
      open.push(file);
    }
    // Held open, and gone from its folder: counted until it is closed.
    const gone = await files.open(parsePath(`/gone-${index}`), { write: true, create: true });
    await gone.write(Buffer.alloc(200_000), 0);
    await files.remove(parsePath(`/gone-${index}`));
  }
  t.true(((await used())?.bytes ?? 0) >= 12 * 300_000 + 3 * 200_000 + 100_000);
  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(async () => (await server.workers()).filter((pid) => !before.includes(pid)).length === 1);
  await until(async () => (await Promise.all(clients.map(works))).includes(false));
  const survivors = (await Promise.all(clients.map(async (client) => ((await works(client)) ? [client] : [])))).flat();
  t.true(survivors.length > 0 && survivors.length < 3, 'some were in the one, and some in the other');
  // What the others have open goes on, and is all that is counted beside the disk, until it is closed.
  for (const file of open) await file.write(Buffer.alloc(10), 300_000).catch(() => undefined);
  for (const file of open) await file.close().catch(() => undefined);
  for (const client of survivors) await client.quit();
  await until(async () => (await server.sessions()).every(({ user }) => user !== 'alice'));
  await until(async () => (await used())?.bytes === (await usageOnDisk(home)).bytes);
  t.deepEqual(await used(), await usageOnDisk(home));

  // All that is free can be had.
  const { files } = await server.connect('alice');
  const left = limitBytes - (await usageOnDisk(home)).bytes;
  t.is(await fill(files, '/most', left - 50_000), 'whole');
  t.is(await fill(files, '/more', 200_000), 'quota-exceeded');
  t.true((await usageOnDisk(home)).bytes <= limitBytes);
});

async function works({ files }: Client): Promise<boolean> {
  return files.stat(parsePath('/')).then(
    () => true,
    () => false,
  );
}

test.serial('worker quotas: killed while all write, again and again, what is counted is what is there', async (t) => {
  t.timeout(180_000);
  const limitBytes = 30 * MIB;
  const { server, home, used } = await startLimited(t, `quota: ${limitBytes}, files: 60`, {
    upload: 'atomic',
  });
  for (let round = 0; round < 3; round += 1) {
    const clients = [await server.connect('alice'), await server.connect('alice')];
    const before = await server.workers();
    const work = clients.flatMap(({ files }, index) =>
      Array.from({ length: 4 }, async (_, count) => {
        for (let times = 0; times < 30; times += 1) {
          const name = `/file-${index}-${count}-${times % 2}`;
          await fill(files, name, MIB);
          if (times % 5 === 4) await files.remove(parsePath(name)).catch(() => undefined);
        }
      }),
    );
    await until(async () => (await usageOnDisk(home).catch(() => ({ bytes: 0 }))).bytes > 2 * MIB);
    process.kill(before[round % 2] ?? 0, 'SIGKILL');
    await Promise.allSettled(work);
    await Promise.all(clients.map((client) => client.quit().catch(() => undefined)));
    await until(async () => (await server.sessions()).every(({ user }) => user !== 'alice'));
    await until(async () => (await server.workers()).length === 2);
    await until(async () => (await used())?.bytes === (await usageOnDisk(home)).bytes);
    t.deepEqual(await used(), await usageOnDisk(home), `round ${round}`);
    t.true((await usageOnDisk(home)).bytes <= limitBytes);
  }
});

test.serial('worker quotas: set while sessions on two workers write, it counts what both have open', async (t) => {
  t.timeout(120_000);
  const { server, home, used, limit } = await startLimited(t, 'max-sessions: 10');
  await mkdir(join(home, 'there'));
  await writeFile(join(home, 'there/before'), Buffer.alloc(1000));
  const clients = [await server.connect('alice'), await server.connect('alice')];
  const open = await Promise.all(
    clients.map(async ({ files }, index) => {
      const file = await files.open(parsePath(`/open-${index}`), { write: true, create: true });
      await file.write(Buffer.alloc(5000), 0);
      return file;
    }),
  );
  t.is(await used(), undefined);
  await limit('quota: 20000');
  // `df` shows the quota as soon as it counts.
  for (const { files } of clients) {
    await until(async () => {
      const { blockBytes, totalBlocks } = await files.space(parsePath('/'));
      return blockBytes * totalBlocks <= 20_480;
    });
  }
  await Promise.all(open.map((file) => file.write(Buffer.alloc(4000), 5000)));
  t.is((await used())?.bytes, 19_000);
  const refused = await Promise.allSettled(open.map((file) => file.write(Buffer.alloc(1000), 9000)));
  t.deepEqual(refused.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await Promise.all(open.map((file) => file.close().catch(() => undefined)));
  t.deepEqual(await used(), { bytes: 20_000, files: 4 });
  t.is((await usageOnDisk(home)).bytes, 20_000);

  await limit('max-sessions: 10');
  for (const { files } of clients) await until(async () => (await fill(files, '/large', 100_000)) === 'whole');
  t.is(await used(), undefined);
  t.is((await stat(join(home, 'large'))).size, 100_000);
});

test.serial('worker speeds: what two sessions of a user send and fetch, on two workers, arrives whole', async (t) => {
  t.timeout(120_000);
  const { server } = await startLimited(t, 'upload-speed: 4M, download-speed: 4M');
  const clients = [await server.connect('alice'), await server.connect('alice')];
  await Promise.all(
    clients.map(async ({ files }, index) => {
      const content = Buffer.alloc(300_000, `content ${index}`);
      await put(files, `/file-${index}`, content);
      t.true(content.equals(await get(files, `/file-${index}`)));
    }),
  );
  await worksFor(t, await server.connect('bob'));
});
