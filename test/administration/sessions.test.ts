// Live sessions as an administrator sees and ends them, in the middle of transfers.

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Client, SFTPWrapper } from 'ssh2';
import type { Row } from '../../src/model/administration.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { type AdministeredServer, runOverSsh, startAdministered } from './administered-server.ts';

function sftpOf(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
}

function openFor(sftp: SFTPWrapper, path: string, mode: 'w' | 'r'): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    sftp.open(path, mode, (error, handle) => (error ? reject(error) : resolve(handle))),
  );
}

function write(sftp: SFTPWrapper, handle: Buffer, bytes: number): Promise<void> {
  return new Promise((resolve, reject) =>
    sftp.write(handle, Buffer.alloc(bytes), 0, bytes, 0, (error) => (error ? reject(error) : resolve())),
  );
}

const sessionsOf = async (target: AdministeredServer, user: string): Promise<Row[]> => {
  const { rows } = await target.server.administration.run('session list', { options: { user } });
  return [...(rows as Iterable<Row>)];
};

/** bob, with an upload that is not finished. */
async function bobUploading(t: ExecutionContext, target: AdministeredServer) {
  const client = await login(t, target, 'bob');
  const sftp = await sftpOf(client);
  const handle = await openFor(sftp, '/half', 'w');
  await write(sftp, handle, 5000);
  return { client, sftp, handle };
}

test('sessions: an administrator sees whose files are open and what was moved, and others do not', async (t) => {
  const target = await startAdministered(t);
  const alice = await login(t, target, 'alice');
  await bobUploading(t, target);
  const { rows, lines } = await runOverSsh(alice, { verb: 'session list', options: { user: 'bob' } });
  t.like(rows[0], { user: 'bob', address: '127.0.0.1', files: [{ path: '/half', direction: 'upload', bytes: 5000 }] });
  t.is(typeof rows[0]?.['idleMs'], 'number');
  t.is(lines[1], '  uploads /half (4.9K so far)');
  const own = (await run(alice, 'sessions')).stdout.toString();
  t.regex(own, /^\* [0-9a-f]{10} /);
  t.is(own.trimEnd().split('\n').length, 1);
});

test('session kill: ends a session in the middle of an upload at once; the file is recorded as cut off, and who did it', async (t) => {
  const target = await startAdministered(t);
  const alice = await login(t, target, 'alice');
  const { client } = await bobUploading(t, target);
  const other = await login(t, target, 'bob');
  const [victim] = await sessionsOf(target, 'bob');
  const sessionId = String(victim?.['sessionId']);
  const gone = closed(client);
  const { status, rows } = await runOverSsh(alice, { verb: 'session kill', operands: [sessionId] });
  t.is(status, 0);
  t.deepEqual(rows, [{ sessions: [sessionId], user: 'bob' }]);
  await gone;
  await until(async () =>
    (await target.records()).some(({ event, sessionId: id }) => event === 'session.close' && id === sessionId),
  );
  const records = await target.records();
  t.like(
    records.find(({ event }) => event === 'file.upload'),
    { path: '/half', bytes: 5000, outcome: 'cancelled', sessionId },
  );
  t.like(
    records.find(({ event, sessionId: id }) => event === 'session.close' && id === sessionId),
    { reason: 'ended by alice' },
  );
  t.like(
    records.find(({ event }) => event === 'admin.session'),
    { user: 'alice', face: 'exec', verb: 'session kill', target: sessionId, outcome: 'ok' },
  );
  t.is((await run(other, 'whoami')).stdout.toString(), 'bob\n');
  t.is((await sessionsOf(target, 'bob')).length, 1);
});

test('session kill: --user ends all sessions of one user, and nobody else’s', async (t) => {
  const target = await startAdministered(t);
  const alice = await login(t, target, 'alice');
  const bobs = [await login(t, target, 'bob'), await login(t, target, 'bob')];
  const mallory = await login(t, target, 'mallory');
  const gone = Promise.all(bobs.map(closed));
  const { rows } = await runOverSsh(alice, { verb: 'session kill', options: { user: 'bob' } });
  t.is(Object(rows[0]?.['sessions']).length, 2);
  await gone;
  t.is((await run(mallory, 'whoami')).stdout.toString(), 'mallory\n');
});

test('session kill: a client that reads nothing is gone, too', async (t) => {
  const target = await startAdministered(t);
  const client = await login(t, target, 'bob');
  const sftp = await sftpOf(client);
  const handle = await openFor(sftp, '/large', 'w');
  for (let index = 0; index < 64; index += 1) await write(sftp, handle, 32_768);
  const socket = (client as unknown as { _sock: import('node:net').Socket })._sock;
  socket.pause();
  const [victim] = await sessionsOf(target, 'bob');
  await target.server.administration.run('session kill', { operands: [String(victim?.['sessionId'])] });
  await until(async () => (await sessionsOf(target, 'bob')).length === 0);
  t.like(
    (await target.records()).find(({ event }) => event === 'session.close'),
    { reason: 'ended by an administrator' },
  );
});

/** What a new connection reads first. */
async function greeting({ host, port }: AdministeredServer): Promise<string> {
  const socket = connectTcp(port, host);
  socket.setEncoding('latin1');
  const chunks: string[] = [];
  socket.on('data', (chunk: string) => {
    chunks.push(chunk);
    if (chunks.join('').includes('\n')) socket.destroy();
  });
  await once(socket, 'close');
  return chunks.join('').split('\n')[0] ?? '';
}

test('ban add: takes effect at once: who is connected is ended, who comes is turned away, until it is taken off', async (t) => {
  const target = await startAdministered(t, { settings: { 'penalty-exempt': '' } });
  const { administration } = target.server;
  const { client } = await bobUploading(t, target);
  const gone = closed(client);
  await administration.run('ban add', { operands: ['127.0.0.1'], options: { for: '1h', reason: 'noise' } });
  await gone;
  t.is(await greeting(target), 'Not allowed at this time\r');
  await administration.run('ban remove', { operands: ['127.0.0.1'] });
  t.regex(await greeting(target), /^SSH-2\.0-/);
  t.is((await run(await login(t, target, 'bob'), 'whoami')).status, 0);
  const close = (await target.records()).find(({ event, user }) => event === 'session.close' && user === 'bob');
  t.like(close, { reason: 'the source was banned' });
});

test('ban add: nobody bans the source that they come from', async (t) => {
  const target = await startAdministered(t, { settings: { 'penalty-exempt': '' } });
  const alice = await login(t, target, 'alice');
  for (const source of ['127.0.0.1', '127.0.0.0/8', '0.0.0.0/0']) {
    const { status, error } = await runOverSsh(alice, { verb: 'ban add', operands: [source] });
    t.is(status, 1);
    t.is(error, `${source} is where you are connected from`);
  }
  t.regex(await greeting(target), /^SSH-2\.0-/);
});
