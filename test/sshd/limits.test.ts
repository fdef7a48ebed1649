import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { askServer } from '../../src/control/ask.ts';
import { inRepository } from '../helpers/folder.ts';
import { runProgram } from '../helpers/program.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { closed, login, openSubsystem, refusedLogin, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';

async function closeReasons(server: TestServer): Promise<unknown[]> {
  return (await server.records()).filter(({ event }) => event === 'session.close').map(({ reason }) => reason);
}

/** Connects, and resolves to what the server says before it closes. */
function greeting(server: TestServer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(server.port, server.host);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (text.startsWith('SSH-')) socket.destroy();
    });
    socket.once('error', reject).once('close', () => resolve(text));
  });
}

const failToLogIn = (server: TestServer, username: string): Promise<unknown> =>
  refusedLogin(server, { username, password: 'a guess' });

test('limits: who fails to log in too often is turned away, by every name, until it is over', async (t) => {
  const server = await startServer(t, { 'penalty-exempt': '', penalties: 'authfail:5s min:8s max:60s' });
  await failToLogIn(server, 'alice');
  t.regex(await greeting(server), /^SSH-2\.0-/);
  await failToLogIn(server, 'bob');
  await until(async () =>
    (await askServer(join(server.folder, 'state'), { verb: 'ban list' })).some((ban) => ban.isEnforced),
  );
  t.is(await greeting(server), 'Not allowed at this time\r\n');
  const records = await server.records();
  t.true(records.some(({ message }) => message === 'a source is turned away'));
});

test('limits: a login clears nothing and costs nothing', async (t) => {
  const server = await startServer(t, { 'penalty-exempt': '' });
  const client = await login(t, server, 'alice');
  client.end();
  await until(async () => (await closeReasons(server)).length === 1);
  t.deepEqual(await askServer(join(server.folder, 'state'), { verb: 'ban list' }), []);
});

test('limits: loopback is exempt unless told otherwise', async (t) => {
  const server = await startServer(t);
  for (let index = 0; index < 5; index += 1) await failToLogIn(server, 'nobody');
  t.regex(await greeting(server), /^SSH-2\.0-/);
});

test('limits: sshome ban lists and removes penalties of the running server', async (t) => {
  const server = await startServer(t, { 'penalty-exempt': '', penalties: 'invaliduser:20s' });
  await failToLogIn(server, 'nobody');
  await until(async () => (await closeReasons(server)).length === 1);
  const ban = (...words: string[]): ReturnType<typeof runProgram> =>
    runProgram(t, process.execPath, [
      inRepository('build/src/main.js'),
      'ban',
      ...words,
      '--state',
      join(server.folder, 'state'),
    ]);
  const listed = await ban('list');
  t.is(listed.status, 0, listed.stderr);
  t.regex(listed.stdout.toString('utf8'), /^127\.0\.0\.1 +turned away until \S+ {2}invaliduser\n$/);
  t.like(JSON.parse((await ban('list', '--json')).stdout.toString('utf8')), { source: '127.0.0.1', isEnforced: true });
  t.is((await ban('remove', '192.0.2.1')).status, 1);
  t.is((await ban('remove', '127.0.0.1')).status, 0);
  t.is((await ban('list')).stdout.toString('utf8'), '');
  t.regex(await greeting(server), /^SSH-2\.0-/);
});

test('limits: sshome ban says when no server is running', async (t) => {
  const state = join(inRepository('build'), 'no-such-state');
  const { status, stderr } = await runProgram(t, process.execPath, [
    ...[inRepository('build/src/main.js'), 'ban', 'list', '--state', state],
  ]);
  t.is(status, 1);
  t.regex(stderr, /no server is running/);
});

test('limits: half-open connections beyond those of one source are dropped, and make room again', async (t) => {
  const server = await startServer(t, { 'max-startups-per-source': '3' });
  const sockets = Array.from({ length: 3 }, () => connectTcp(server.port, server.host));
  for (const socket of sockets) {
    await new Promise((resolve) => socket.once('data', resolve));
    t.teardown(() => socket.destroy());
  }
  t.is(await greeting(server), '');
  for (const socket of sockets) socket.destroy();
  await until(async () => (await closeReasons(server)).length === 4);
  t.regex(await greeting(server), /^SSH-2\.0-/);
});

test('limits: a user has so many connections and no more, and others are not concerned', async (t) => {
  const server = await startServer(t, { 'max-sessions-per-user': '2' });
  const first = await login(t, server, 'alice');
  await login(t, server, 'alice');
  await t.throwsAsync(login(t, server, 'alice'));
  t.true((await server.records()).some(({ reason }) => reason === 'too-many-sessions'));
  await login(t, server, 'bob');
  const gone = closed(first);
  first.end();
  await gone;
  await until(async () => (await closeReasons(server)).length >= 2);
  await t.notThrowsAsync(login(t, server, 'alice'));
});

test('limits: connections beyond those of the server are closed at once', async (t) => {
  const server = await startServer(t, { 'max-connections': '1' });
  const client = await login(t, server, 'alice');
  t.is(await greeting(server), '');
  t.is((await run(client, 'whoami')).status, 0);
});

async function idle(t: ExecutionContext, settings: Record<string, string>, withChannel: boolean): Promise<unknown> {
  const server = await startServer(t, settings);
  const client = await login(t, server, 'alice');
  const gone = closed(client);
  if (withChannel) await openSubsystem(client);
  await gone;
  await until(async () => (await closeReasons(server)).length === 1);
  return (await closeReasons(server))[0];
}

test('limits: a connection without a channel is ended after the time for it', async (t) => {
  t.is(await idle(t, { 'unused-timeout': '200ms' }, false), 'no channel was open for too long');
});

test('limits: a connection without data is ended after the time for it, where one is set', async (t) => {
  t.is(await idle(t, { 'idle-timeout': '3s' }, true), 'idle for too long');
});
