// Administration with several processes: whichever worker an administrator's session is in, all sessions are seen and ended,
// and what is changed counts in all. Connections go to the worker with the fewest, so of two one after the other each
// worker gets one.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import { askServer } from '../../src/control/ask.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { type Actor, PASSWORDS } from '../helpers/server.ts';
import { startProcess } from '../helpers/server-process.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { RULES, runOverSsh } from './administered-server.ts';

interface Target {
  readonly host: string;
  readonly port: number;
  readonly state: string;
  /** The audit records so far. */
  records(): Promise<Array<Record<string, unknown>>>;
}

/** A server with two workers, where loopback is not exempt from bans. */
async function startWithWorkers(t: ExecutionContext): Promise<Target> {
  const folder = await temporaryFolder(t);
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(join(folder, 'id_passwd.txt'), lines.join(''), { mode: 0o600 });
  await writeFile(join(folder, 'sshome.yaml'), RULES, { mode: 0o600 });
  await mkdir(join(folder, 'homes'));
  const words = ['--workers', '2', '--log-file', 'log.jsonl', '--penalty-exempt', '', '--grace', '0'];
  const { port } = await startProcess(t, { folder, words });
  return {
    host: '127.0.0.1',
    port,
    state: join(folder, 'state'),
    records: async () => {
      const text = await readFile(join(folder, 'log.jsonl'), 'utf8');
      const all = text.split('\n').filter((line) => line !== '');
      return all.map((line) => JSON.parse(line) as Record<string, unknown>).filter((record) => 'event' in record);
    },
  };
}

/** One session of a user in each worker. */
async function inEachWorker(t: ExecutionContext, target: Target, user: Actor): Promise<readonly [Client, Client]> {
  return [await login(t, target, user), await login(t, target, user)];
}

test('administration with workers: in any worker all sessions are listed, with the files open in them', async (t) => {
  t.timeout(120_000);
  const target = await startWithWorkers(t);
  const alices = await inEachWorker(t, target, 'alice');
  const bobs = await inEachWorker(t, target, 'bob');
  for (const [index, bob] of bobs.entries()) {
    await new Promise<void>((resolve, reject) =>
      bob.sftp((error, sftp) => {
        if (error) return reject(error);
        sftp.open(`/half${index}`, 'w', (failure) => (failure ? reject(failure) : resolve()));
      }),
    );
  }
  for (const alice of alices) {
    const { rows } = await runOverSsh(alice, { verb: 'session list' });
    t.deepEqual(rows.map(({ user }) => user).sort(), ['alice', 'alice', 'bob', 'bob']);
    t.deepEqual(rows.flatMap(({ files }) => (files as readonly { path: string }[]).map(({ path }) => path)).sort(), [
      '/half0',
      '/half1',
    ]);
    t.true(rows.every(({ idleMs, since }) => typeof idleMs === 'number' && !Number.isNaN(Date.parse(String(since)))));
  }
  const asked = await askServer(target.state, { verb: 'session list' });
  t.is(asked.length, 4);
});

test('session kill with workers: sessions of all workers are ended, and no others', async (t) => {
  t.timeout(120_000);
  const target = await startWithWorkers(t);
  const alices = await inEachWorker(t, target, 'alice');
  const bobs = await inEachWorker(t, target, 'bob');
  const gone = Promise.all(bobs.map(closed));
  const { status, rows } = await runOverSsh(alices[0], { verb: 'session kill', options: { user: 'bob' } });
  t.is(status, 0);
  t.is(Object(rows[0]?.['sessions']).length, 2);
  await gone;
  for (const alice of alices) t.is((await run(alice, 'whoami')).stdout.toString(), 'alice\n');
  const closes = async () =>
    (await target.records()).filter(({ event, user }) => event === 'session.close' && user === 'bob');
  await until(async () => (await closes()).length === 2);
  t.deepEqual(
    (await closes()).map(({ reason }) => reason),
    ['ended by alice', 'ended by alice'],
  );
  const mallory = await login(t, target, 'mallory');
  const [victim] = (await askServer(target.state, { verb: 'session list' })).filter(({ user }) => user === 'mallory');
  const malloryGone = closed(mallory);
  t.true(await askServer(target.state, { verb: 'session end', sessionId: victim?.sessionId ?? '', reason: 'enough' }));
  await malloryGone;
  t.false(await askServer(target.state, { verb: 'session end', sessionId: '0000000000', reason: 'enough' }));
});

test('ban add with workers: connections in all workers are ended, and who comes is turned away', async (t) => {
  t.timeout(120_000);
  const target = await startWithWorkers(t);
  const alices = await inEachWorker(t, target, 'alice');
  for (const alice of alices) {
    // What the primary has against it is told in the worker in the same words.
    const { status, error } = await runOverSsh(alice, { verb: 'ban add', operands: ['nowhere'] });
    t.is(status, 1);
    t.regex(error, /^"nowhere" is no address and no network/);
  }
  await runOverSsh(alices[0], { verb: 'ban add', operands: ['198.51.100.0/24'] });
  const { rows } = await runOverSsh(alices[1], { verb: 'ban list' });
  t.deepEqual(
    rows.map(({ source }) => source),
    ['198.51.100.0/24'],
  );
  const gone = Promise.all(alices.map(closed));
  await askServer(target.state, { verb: 'ban add', source: '127.0.0.1', forMs: 3_600_000 });
  await gone;
  await t.throwsAsync(login(t, target, 'bob'));
  t.true(await askServer(target.state, { verb: 'ban remove', source: '127.0.0.1' }));
  t.is((await run(await login(t, target, 'bob'), 'whoami')).stdout.toString(), 'bob\n');
});

test('administration with workers: what is changed in one worker counts in all', async (t) => {
  t.timeout(120_000);
  const target = await startWithWorkers(t);
  const [alice] = await inEachWorker(t, target, 'alice');
  const bobs = await inEachWorker(t, target, 'bob');
  const mallories = await inEachWorker(t, target, 'mallory');
  for (const mallory of mallories) t.is((await runOverSsh(mallory, { verb: 'user list' })).status, 1);

  const given = { verb: 'user set', operands: ['mallory', 'roles=owner,admin'] };
  t.is((await runOverSsh(alice, given)).status, 0);
  for (const mallory of mallories) await until(async () => (await run(mallory, 'user list')).status === 0);

  const gone = Promise.all(bobs.map(closed));
  t.is((await runOverSsh(alice, { verb: 'user lock', operands: ['bob'] })).status, 0);
  await gone;
  await t.throwsAsync(login(t, target, 'bob'));

  t.is((await runOverSsh(alice, { verb: 'user add', operands: ['dora'], password: 'a long secret' })).status, 0);
  for (const mallory of mallories) {
    const { rows } = await runOverSsh(mallory, { verb: 'user list' });
    t.deepEqual(
      rows.map(({ user }) => user),
      ['alice', 'bob', 'mallory', 'dora'],
    );
  }
  // The records of a worker come to the log of the server, once each.
  const isSet = ({ event, verb }: Record<string, unknown>): boolean => event === 'admin.user' && verb === 'user lock';
  await until(async () => (await target.records()).some(isSet));
  const found = (await target.records()).filter(isSet);
  t.is(found.length, 1);
  t.like(found[0], { user: 'alice', face: 'exec', target: 'bob', outcome: 'ok' });
});
