// The real program with `--workers 2`: whatever process a connection lands on, the server is one.

import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client, SFTPWrapper } from 'ssh2';
import { askServer } from '../../src/control/ask.ts';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { get } from '../faults/server-under-test.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { type Actor, PASSWORDS, startServer } from '../helpers/server.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { connectSilently, isAlive, startWorkers, type WorkersUnderTest } from './workers-under-test.ts';

/** Logs in `count` times, all at once; resolves to those that were let in. */
async function burst(t: ExecutionContext, server: WorkersUnderTest, user: Actor, count: number): Promise<Client[]> {
  const tries = await Promise.allSettled(Array.from({ length: count }, () => login(t, server, user)));
  return tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Begins an upload, and is gone without a word. */
async function beginCutOff(client: Client, path: string): Promise<void> {
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
  });
  await new Promise<void>((resolve, reject) => {
    sftp.open(path, 'w', (error, handle) => {
      if (error) return reject(error);
      sftp.write(handle, Buffer.from('before '), 0, 7, 0, (failure) => (failure ? reject(failure) : resolve()));
    });
  });
  client.destroy();
}

/** The records of connections that are over. */
async function closedIn(server: WorkersUnderTest): Promise<Array<Record<string, unknown>>> {
  return (await server.records()).filter(({ event }) => event === 'session.close');
}

async function whoami(client: Client): Promise<string> {
  return (await run(client, 'whoami')).stdout.toString('utf8').trim();
}

/** Starts `upload NAME`, which ends when the function that comes back is called; then its exit status is there. */
async function beginUpload(client: Client, file: string, name: string): Promise<() => Promise<number>> {
  const upload = await new Promise<{ end(): void; status: Promise<number> }>((resolve, reject) => {
    client.exec(`upload ${name}`, (error, channel) => {
      if (error) return reject(error);
      const status = new Promise<number>((known) => channel.on('exit', known).resume());
      channel.write('before ');
      resolve({ end: () => channel.end('and after'), status });
    });
  });
  await until(async () => (await stat(file).catch(() => undefined))?.isFile() === true);
  return () => {
    upload.end();
    return upload.status;
  };
}

test.serial('workers: sessions are spread evenly, in one list, and limited as one server’s', async (t) => {
  const server = await startWorkers(t, { 'max-sessions-per-user': '6' });
  t.is((await server.workers()).length, 2);
  const clients = await burst(t, server, 'alice', 20);
  t.is(clients.length, 6, 'of twenty that come at once, as many as may');
  const bob = await login(t, server, 'bob');
  t.is((await server.sessions()).length, 7);
  const list = (await run(bob, 'sessions')).stdout.toString('utf8');
  t.is(list.match(/^\*/gm)?.length, 1);
  t.is(list.trim().split('\n').length, 1, 'and of others one is not told');
  for (const client of clients) {
    const { stdout } = await run(client, 'sessions');
    t.is(stdout.toString('utf8').trim().split('\n').length, 6);
  }
  const gone = closed(clients[0] as Client);
  clients[0]?.end();
  await gone;
  await until(async () => (await server.sessions()).length === 6);
  t.is((await burst(t, server, 'alice', 5)).length, 1, 'a place that is given back is one place');
});

test.serial('workers: one that is killed is replaced; what it held is free again, and the others go on', async (t) => {
  const server = await startWorkers(t, { 'max-sessions-per-user': '4', 'max-startups': '3' });
  const clients: Client[] = [];
  for (let count = 0; count < 4; count += 1) clients.push(await login(t, server, 'alice'));
  t.is((await burst(t, server, 'alice', 2)).length, 0);
  await until(async () => (await closedIn(server)).length === 2);
  // Before their login, and on both workers.
  const silent = Array.from({ length: 3 }, () => connectSilently(t, server));
  for (const { outcome } of silent) t.is(await outcome, 'greeted');
  t.is(await connectSilently(t, server).outcome, '');

  const before = await server.workers();
  const ended = clients.map((client) => {
    let isClosed = false;
    client.on('close', () => {
      isClosed = true;
    });
    return () => isClosed;
  });
  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(() => ended.filter((isClosed) => isClosed()).length === 2);
  const survivors = clients.filter((_, index) => ended[index]?.() === false);
  t.is(survivors.length, 2, 'half of the sessions were the other worker’s');
  for (const client of survivors) t.is(await whoami(client), 'alice');

  await until(async () => (await server.workers()).filter((pid) => !before.includes(pid)).length === 1);
  await until(async () => (await server.sessions()).length === 2);
  for (const { socket } of silent) socket.destroy();
  // All the places among those that have not logged in are there again as well.
  await until(async () => {
    const tries = Array.from({ length: 3 }, () => connectSilently(t, server));
    const outcomes = await Promise.all(tries.map(({ outcome }) => outcome));
    for (const { socket } of tries) socket.destroy();
    return outcomes.every((outcome) => outcome === 'greeted');
  });
  let free = 0;
  const isFull = async (): Promise<boolean> => {
    free += (await burst(t, server, 'alice', 1)).length;
    return (await server.records()).filter(({ reason }) => reason === 'too-many-sessions').length > 2;
  };
  await until(isFull);
  t.is(free, 2, 'as many places of the user as it had held');
  t.regex(server.errors(), /a worker process has ended; its connections are lost worker=\d how="signal SIGKILL"/);
  const isLost = ({ event, reason }: Record<string, unknown>): boolean =>
    event === 'session.close' && reason === 'the process that served it has ended';
  await until(async () => (await server.records()).some((record) => isLost(record) && record['user'] === 'alice'));
  const records = await server.records();
  const lost = records.filter((record) => isLost(record) && record['user'] === 'alice');
  t.is(lost.length, 2, 'of both its sessions the log has an end');
  for (const { sessionId, address, durationMs } of lost) {
    t.is(address, '127.0.0.1');
    t.true(Number(durationMs) >= 0);
    const events = records.filter((record) => record['sessionId'] === sessionId).map(({ event }) => event);
    t.deepEqual(events, ['session.open', 'session.login', 'session.close']);
  }
});

test.serial('workers: connections before their login, and all together, are limited as one server’s', async (t) => {
  const server = await startWorkers(t, { 'max-startups': '6', 'max-connections': '8' });
  const first = Array.from({ length: 20 }, () => connectSilently(t, server));
  const outcomes = await Promise.all(first.map(({ outcome }) => outcome));
  t.is(outcomes.filter((outcome) => outcome === 'greeted').length, 6);
  t.is(outcomes.filter((outcome) => outcome === '').length, 14);
  for (const { socket } of first) socket.destroy();

  const clients: Client[] = [];
  await until(async () => {
    const tries = await burst(t, server, 'alice', 8 - clients.length);
    clients.push(...tries);
    return clients.length === 8;
  });
  t.is(await connectSilently(t, server).outcome, '', 'one above all that may be');
  for (const client of clients) t.is(await whoami(client), 'alice');
  await until(() => server.errors().includes('connection refused: there are too many'));
});

test.serial('workers: what a source did on one of them counts on all', async (t) => {
  const server = await startWorkers(t, { 'penalty-exempt': '', penalties: 'authfail:5s min:12s max:60s' });
  for (let count = 0; count < 3; count += 1) {
    await t.throwsAsync(login(t, server, 'alice', { password: 'a guess' }));
  }
  const state = join(server.folder, 'state');
  await until(async () => (await askServer(state, { verb: 'ban list' })).some(({ isEnforced }) => isEnforced));
  for (let count = 0; count < 4; count += 1) {
    t.is(await connectSilently(t, server).outcome, 'Not allowed at this time\r\n');
  }
  t.true(await askServer(state, { verb: 'ban remove', source: '127.0.0.1' }));
  for (let count = 0; count < 2; count += 1) t.is(await whoami(await login(t, server, 'alice')), 'alice');
});

test.serial(
  'workers: a password that is changed on one of them is changed on all, when that is answered',
  async (t) => {
    const server = await startWorkers(t);
    const client = await login(t, server, 'alice');
    const lines = `${PASSWORDS.alice}\nquite another one\nquite another one\n`;
    t.is((await run(client, 'passwd', lines)).status, 0);
    for (let count = 0; count < 4; count += 1) {
      t.is(await whoami(await login(t, server, 'alice', { password: 'quite another one' })), 'alice');
    }
    for (let count = 0; count < 2; count += 1) await t.throwsAsync(login(t, server, 'alice'));
  },
);

test.serial('workers: rules that are changed hold on all of them', async (t) => {
  const folder = await folderWith(t, 0o600);
  const rules = join(folder, 'sshome.yaml');
  await writeFile(rules, 'users:\n  alice: {roles: [owner]}\n');
  const server = await startWorkers(t, {}, { folder });
  const clients = [await login(t, server, 'alice'), await login(t, server, 'alice')];
  for (const [index, client] of clients.entries()) t.is((await run(client, `mkdir ${index}`)).status, 0);
  await writeFile(rules, 'users:\n  alice: {roles: [viewer]}\n');
  let tries = clients.length;
  for (const client of clients) {
    await until(async () => {
      tries += 1;
      return (await run(client, `mkdir ${tries}`)).status === 1;
    });
  }
  t.is((await run(clients[0] as Client, 'list')).status, 0);
});

test.serial('workers: a user who is removed or locked is gone from all of them, and others are not', async (t) => {
  const server = await startWorkers(t);
  const [alice, bob, mallory]: Client[][] = [[], [], []];
  for (let count = 0; count < 2; count += 1) {
    alice?.push(await login(t, server, 'alice'));
    mallory?.push(await login(t, server, 'mallory'));
    bob?.push(await login(t, server, 'bob'));
  }
  const ended = Promise.all([...(alice ?? []), ...(mallory ?? [])].map(closed));
  await writeFile(join(server.folder, 'id_passwd.txt'), 'bob:battery:staple\nmallory:!evil eve\n', { mode: 0o600 });
  await ended;
  for (const client of bob ?? []) t.is(await whoami(client), 'bob');
  for (let count = 0; count < 2; count += 1) {
    await t.throwsAsync(login(t, server, 'alice'));
    await t.throwsAsync(login(t, server, 'mallory'));
  }
  await until(async () => (await server.sessions()).length === 2);
  const reasons = (await closedIn(server)).map(({ reason }) => reason);
  t.is(reasons.filter((reason) => reason === 'the account was removed').length, 2);
  t.is(reasons.filter((reason) => reason === 'the account was locked').length, 2);
});

test.serial('workers: a proxy tells whose connection it is, also in the packet that begins the client’s', async (t) => {
  const server = await startWorkers(t, { 'proxy-protocol-from': '127.0.0.1' });
  const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 22\r\nSSH-2.0-test\r\n';
  for (let count = 0; count < 2; count += 1) t.is(await connectSilently(t, server, header).outcome, 'greeted');
  await until(async () => (await server.records()).filter(({ address }) => address === '192.0.2.7').length === 2);
});

test.serial(
  'workers: atomic uploads of one path on two of them come whole, and one goes on with what was cut off',
  async (t) => {
    const server = await startWorkers(t, { upload: 'atomic' });
    const [one, other] = [await server.connect('alice'), await server.connect('alice')];
    const path = parsePath('/folder/file');
    const begin = { write: true, create: true, truncate: true };
    await one.files.makeDirectory(parsePath('/folder'));
    const first = await one.files.open(path, begin);
    await first.write(Buffer.alloc(100_000, 'first'), 0);
    // Empty as far as one sees, and yet it is being written into by another process.
    await t.throwsAsync(other.files.removeDirectory(parsePath('/folder')), { code: 'not-empty' });
    const second = await other.files.open(path, begin);
    await second.write(Buffer.alloc(50_000, 'second'), 0);
    await t.throwsAsync(get(other.files, '/folder/file'), { code: 'not-found' });
    await first.close();
    t.deepEqual(await get(other.files, '/folder/file'), Buffer.alloc(100_000, 'first'));
    await second.close();
    t.deepEqual(await get(one.files, '/folder/file'), Buffer.alloc(50_000, 'second'));
    await one.files.remove(path);

    const cut = await login(t, server, 'alice');
    await beginCutOff(cut, '/folder/file');
    await until(async () => (await server.sessions()).length === 2);
    const resumed = await Promise.allSettled([one, other].map(({ files }) => files.open(path, { write: true })));
    const opened = resumed.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.is(opened.length, 1, 'two never go on with the same');
    t.true(resumed.some((result) => result.status === 'rejected' && isFileError(result.reason, 'not-found')));
    t.is((await opened[0]?.stat())?.sizeBytes, 7);
    await opened[0]?.write(Buffer.from('and after'), 7);
    await opened[0]?.close();
    t.is((await get(one.files, '/folder/file')).toString(), 'before and after');
  },
);

test.serial('workers: SIGTERM lets the transfers on all of them finish, and the log is whole', async (t) => {
  const server = await startWorkers(t, { grace: '30s' });
  const clients = [await login(t, server, 'alice'), await login(t, server, 'bob'), await login(t, server, 'alice')];
  const ends = [
    await beginUpload(clients[0] as Client, join(server.homes, 'alice/one'), 'one'),
    await beginUpload(clients[1] as Client, join(server.homes, 'bob/two'), 'two'),
  ];
  server.child.kill('SIGTERM');
  await until(() => server.errors().includes('stopping'));
  await t.throwsAsync(login(t, server, 'bob'));
  for (const end of ends) t.is(await end(), 0);
  t.is(await server.ended, 0);
  for (const name of ['alice/one', 'bob/two']) {
    t.is(await readFile(join(server.homes, name), 'utf8'), 'before and after');
  }
  // `records` parses each line.
  const records = await server.records();
  const events = (event: string) => records.filter((record) => record['event'] === event);
  t.is(events('session.open').length, 3);
  t.is(events('session.login').length, 3);
  t.is(events('session.close').length, 3);
  t.deepEqual(
    events('file.upload').map(({ outcome, bytes }) => ({ outcome, bytes })),
    [
      { outcome: 'ok', bytes: 16 },
      { outcome: 'ok', bytes: 16 },
    ],
  );
  t.is(records.at(-1)?.['message'], 'stopped');
  for (const { sessionId } of events('session.open')) {
    const own = records.filter((record) => record['sessionId'] === sessionId).map(({ event }) => event);
    t.is(own[0], 'session.open');
    t.is(own[1], 'session.login');
    t.is(own.at(-1), 'session.close');
  }
});

test.serial('workers: none is left when the primary is killed', async (t) => {
  const server = await startWorkers(t);
  const clients = [await login(t, server, 'alice'), await login(t, server, 'bob')];
  const ended = Promise.all(clients.map(closed));
  const pids = await server.workers();
  t.is(pids.length, 2);
  server.child.kill('SIGKILL');
  await ended;
  await until(() => !pids.some(isAlive));
  t.pass();
});

test.serial('workers: one that does not hear any more is ended with the others', async (t) => {
  const server = await startWorkers(t);
  await login(t, server, 'alice');
  await login(t, server, 'bob');
  const pids = await server.workers();
  process.kill(pids[0] ?? 0, 'SIGSTOP');
  t.is((await server.sessions()).length, 1, 'the list is that of those who answer');
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
  t.false(pids.some(isAlive));
});

test.serial('workers: signals that reach all processes end the server once, in good order', async (t) => {
  const server = await startWorkers(t, { grace: '30s' });
  const client = await login(t, server, 'alice');
  const end = await beginUpload(client, join(server.homes, 'alice/one'), 'one');
  // As Ctrl-C in a terminal does.
  for (const pid of [...(await server.workers()), server.child.pid ?? 0]) process.kill(pid, 'SIGINT');
  await until(() => server.errors().includes('stopping'));
  t.is(await end(), 0);
  t.is(await server.ended, 0);
  t.is(await readFile(join(server.homes, 'alice/one'), 'utf8'), 'before and after');
});

test.serial('workers: one that can’t be started again stops the server, which says so', async (t) => {
  const server = await startWorkers(t);
  const client = await login(t, server, 'alice');
  const gone = closed(client);
  await writeFile(join(server.folder, 'crash'), '');
  const pids = await server.workers();
  process.kill(pids[1] ?? 0, 'SIGKILL');
  t.is(await server.ended, 1);
  await gone;
  t.regex(server.errors(), /^sshome: the worker processes can't be started: exit status 7$/m);
  await until(() => !pids.some(isAlive));
});

test.serial('workers: a server whose workers can’t start does not, and says why', async (t) => {
  const folder = await folderWith(t, 0o600);
  await writeFile(join(folder, 'crash'), '');
  await t.throwsAsync(startWorkers(t, {}, { folder }), {
    message: /^sshome: the worker processes can't be started: exit status 7$/m,
  });
});

test.serial('workers: started as root with --run-as, all processes are that user for good', async (t) => {
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can become another user');
    t.pass();
    return;
  }
  const folder = await folderWith(t, 0o644);
  await chmod(folder, 0o755);
  const server = await startWorkers(t, { 'run-as': 'nobody' }, { folder });
  const before = await server.workers();
  process.kill(before[0] ?? 0, 'SIGKILL');
  await until(async () => (await server.workers()).filter((pid) => !before.includes(pid)).length === 1);
  for (const pid of await server.workers()) {
    t.regex(await readFile(`/proc/${pid}/status`, 'utf8'), /^Uid:\s+(?!0\b)(\d+)\s+\1\s+\1\s+\1$/m);
  }
  for (let count = 0; count < 2; count += 1) {
    t.is((await run(await login(t, server, 'alice'), `mkdir made-${count}`)).status, 0);
    t.not((await stat(join(server.homes, `alice/made-${count}`))).uid, 0);
  }
});

/** A folder with the users, whose file has `mode`. */
async function folderWith(t: ExecutionContext, mode: number): Promise<string> {
  const folder = await temporaryFolder(t);
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(join(folder, 'id_passwd.txt'), lines.join(''), { mode });
  return folder;
}

test('workers: a program that serves in its own process is told that it can’t have any', async (t) => {
  const error = await t.throwsAsync(startServer(t, { workers: '2' }), { name: 'StartError' });
  t.regex(error?.message ?? '', /^workers: 2 needs a process that does nothing else; serve with 1 here/);
});
