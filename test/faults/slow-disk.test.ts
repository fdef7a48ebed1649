// A disk that does not answer: calls of one user stand still in the threads that all share, and nobody else notices.

import { execFile } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../../src/client/index.ts';
import { parsePath } from '../../src/model/path.ts';
import { get, put, startUnderTest, worksFor } from './server-under-test.ts';

// In three sessions together more than there are threads.
const HANDLES = 30;

test('slow disk: while calls of one user stand still, others work, and log in; then all is done', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true });
  const fifo = join(server.folder, 'fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const under = await server.homeOf('alice');
  const sessions = [await server.connect('alice'), await server.connect('alice'), await server.connect('alice')];
  const bob = await server.connect('bob');

  const files = await Promise.all(
    sessions.flatMap(({ files }, session) =>
      Array.from({ length: HANDLES }, (_, index) =>
        files.open(parsePath(`/${session}-${index}`), { write: true, create: true }),
      ),
    ),
  );
  await server.setFaults({ call: 'write', stall: fifo, under });
  let written = 0;
  const writes = files.map(async (file) => {
    await file.write(Buffer.from('content'), 0);
    written += 1;
  });
  for (let round = 0; round < 5; round += 1) await worksFor(t, bob, `honest-${round}`);
  await worksFor(t, await server.connect('mallory'));
  t.is(written, 0, 'they do stand still');

  await server.setFaults();
  // Whoever waits is let go, and whoever comes to wait until the last is.
  const released = await open(fifo, 'r+');
  await Promise.all(writes);
  await released.close();
  await Promise.all(files.map((file) => file.close()));
  for (const [index, { files: own }] of sessions.entries()) {
    t.is((await get(own, `${index}-${HANDLES - 1}`)).toString(), 'content');
  }
});

test('slow disk: a session whose calls stand still can be given up, and holds up no end of the server', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true });
  const fifo = join(server.folder, 'fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const under = await server.homeOf('alice');
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  const file = await alice.files.open(parsePath('/a'), { write: true, create: true });
  await server.setFaults({ call: 'write', stall: fifo, under });
  const writing = t.throwsAsync(file.write(Buffer.from('content'), 0));
  await alice.quit();
  await writing;
  await worksFor(t, bob);
  await bob.quit();
  const released = await open(fifo, 'r+');
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
  await released.close();
});

interface Stalling {
  readonly alice: Client;
  readonly bob: Client;
  /** What is in alice's home, asked of the disk. */
  names(): Promise<string[]>;
  /** Lets go the calls that stand still, at least one. */
  release(): Promise<void>;
}

/** Files of alice's do not go away: the call stands still. */
async function startStalling(t: ExecutionContext, settings: Record<string, string> = {}): Promise<Stalling> {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true, settings });
  const fifo = join(server.folder, 'fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  for (const name of ['a', 'b', 'c']) await put(alice.files, name, Buffer.from('content'));
  const home = await server.homeOf('alice');
  await server.setFaults({ call: 'unlink', stall: fifo, under: home });
  // To open it waits for who has it open to read.
  return { alice, bob, names: () => readdir(home), release: async () => (await open(fifo, 'w')).close() };
}

// That the next calls wait in threads is tested where the clock is the test's: test/storage/promptness.test.ts.
test('slow disk: a call on a name that stands still holds others up for no longer than itself', async (t) => {
  const { alice, bob, names, release } = await startStalling(t);
  for (const name of ['a', 'b', 'c']) {
    // The disk may be prompt: it was asked just now.
    await alice.list('/');
    const deleting = alice.delete(`/${name}`);
    const meanwhile = worksFor(t, bob, `honest-${name}`);
    await release();
    await Promise.all([deleting, meanwhile]);
  }
  t.deepEqual(await names(), []);
});

test('slow disk: content of a small file that stands still holds others up for no longer than itself', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true });
  const fifo = join(server.folder, 'fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  const under = await server.homeOf('alice');
  for (const call of ['write', 'read'] as const) {
    // The disk may be prompt: it was asked just now.
    for (const name of ['a', 'b', 'c']) await put(alice.files, name, Buffer.from(call));
    await server.setFaults({ call, stall: fifo, under });
    const moving = call === 'write' ? put(alice.files, 'd', Buffer.from('content')) : get(alice.files, 'a');
    const meanwhile = worksFor(t, bob, `honest-${call}`);
    const released = await open(fifo, 'w');
    await server.setFaults();
    await Promise.all([moving, meanwhile]);
    await released.close();
  }
  t.is((await get(alice.files, 'd')).toString(), 'content');
});

test('slow disk: with --walk async a call on a name that stands still holds nobody up', async (t) => {
  const { alice, bob, names, release } = await startStalling(t, { walk: 'async' });
  await alice.list('/');
  const deleting = alice.delete('/a');
  for (let round = 0; round < 5; round += 1) await worksFor(t, bob, `honest-${round}`);
  t.is((await names()).length, 3, 'it does stand still');
  await release();
  await deleting;
  t.is((await names()).length, 2);
});
