// Who may not administer: every verb of the table is refused, and nothing has changed.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { createVerbs, type VerbsParts } from '../../src/administration/administer.ts';
import { VERBS } from '../../src/administration/table.ts';
import type { Action } from '../../src/model/action.ts';
import type { VerbSyntax } from '../../src/model/administration.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import { ROOT } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { deciding } from '../operations/deciding.ts';
import { type AdministeredServer, RULES, startAdministered } from './administered-server.ts';

/** Words that the verb could be called with. */
const operandsFor = ({ operands }: VerbSyntax): string[] =>
  operands.map(({ name }) => (name === 'KEY=VALUE' ? 'quota=1G' : 'mallory'));

/** All that an administrator could change. */
async function stateOf({ folder, credentials, config }: AdministeredServer): Promise<unknown> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('log'));
  return {
    names: [...names, ...(await readdir(join(folder, 'state')))].filter((name) => name !== 'penalties.json').sort(),
    credentials: await readFile(credentials, 'utf8'),
    config: await readFile(config, 'utf8'),
  };
}

test('administration: who may not is refused every verb, asked for no secret, and nothing changes', async (t) => {
  t.timeout(120_000);
  const target = await startAdministered(t, { rules: `${RULES}  bob: {roles: [owner]}\n` });
  const bob = await login(t, target, 'bob');
  await login(t, target, 'mallory');
  const before = await stateOf(target);
  for (const verb of VERBS) {
    const words = [verb.name, ...operandsFor(verb), ...(verb.asks === 'password' ? ['--password-stdin'] : [])];
    const { status, stdout, stderr } = await run(bob, words.join(' '), 'secret of the input\n');
    const topic = verb.name.split(' ')[0];
    t.is(status, 1, verb.name);
    t.is(stdout.toString(), '', verb.name);
    t.is(stderr, `${topic}: Permission denied\n`, verb.name);
  }
  t.deepEqual(await stateOf(target), before);
  t.deepEqual(target.server.administration.verbs.length, VERBS.length);
  const { rows } = await target.server.administration.run('session list');
  t.deepEqual([...(rows as Iterable<{ user: string }>)].map(({ user }) => user).sort(), ['bob', 'mallory']);
  const refused = (await target.records()).filter(
    ({ outcome, event }) => outcome === 'permission-denied' && String(event).startsWith('admin.'),
  );
  t.deepEqual(
    refused.map(({ verb }) => verb),
    VERBS.map(({ name }) => name),
  );
  t.true(refused.every(({ user, level, face }) => user === 'bob' && level === 'warn' && face === 'exec'));
});

test('administration: the right counts from the moment that it is given, and no longer than it is', async (t) => {
  const target = await startAdministered(t);
  const bob = await login(t, target, 'bob');
  t.is((await run(bob, 'user list')).status, 1);
  t.notRegex((await run(bob, 'help')).stdout.toString(), /^ {2}user /m);
  await target.server.administration.run('user set', { operands: ['bob', 'roles=owner,admin'] });
  t.is((await run(bob, 'user list')).status, 0);
  t.regex((await run(bob, 'help')).stdout.toString(), /^ {2}user /m);
  await target.server.administration.run('user set', { operands: ['bob', 'roles='] });
  t.is((await run(bob, 'user list')).status, 1);
});

/** Parts that fail a test when anything is asked of them. */
const untouchable = (touched: string[]): Omit<VerbsParts, 'audit' | 'hidden'> => {
  const part = (name: string): never =>
    new Proxy(
      {},
      {
        get: (_, key) => {
          touched.push(`${name}.${String(key)}`);
          return undefined;
        },
      },
    ) as never;
  return {
    accounts: part('accounts'),
    rules: part('rules'),
    live: part('live'),
    logFile: async () => {
      touched.push('logFile');
      return '';
    },
    settle: async () => {
      touched.push('settle');
    },
  };
};

test('operations: the guard is asked once for each verb, of the home, before anything is done', async (t) => {
  const asked: [Action, string][] = [];
  const touched: string[] = [];
  const events: AuditEvent[] = [];
  const audit = (event: AuditEvent): number => events.push(event);
  const verbs = createVerbs({ ...untouchable(touched), audit, hidden: undefined });
  const policy = deciding((action, path) => {
    asked.push([action, path]);
    return action === 'administer' ? 'deny' : 'allow';
  });
  const operations = createOperations({ policy, audit });
  const administration = operations.administration({
    identity: { user: 'bob' },
    origin: { sessionId: 's1', address: '192.0.2.1' },
    face: 'shell',
    verbs,
  });
  for (const verb of VERBS) {
    asked.length = 0;
    await t.throwsAsync(administration.run(verb.name, { operands: operandsFor(verb) }), {
      message: 'Permission denied',
    });
    t.deepEqual(asked, [['administer', ROOT]], verb.name);
  }
  t.deepEqual(touched, []);
  t.is(events.length, VERBS.length);
  t.like(events[0], {
    event: 'admin.user',
    user: 'bob',
    sessionId: 's1',
    address: '192.0.2.1',
    face: 'shell',
    outcome: 'permission-denied',
  });
  t.false(administration.isAllowed());
});

/*
 * The right was asked for before a verb asked for its password, and not after: an administrator who left `user passwd` of
 * somebody at its question, and was one no longer, could answer it days later and have that account.
 * Reached by narrowing the role while `ssh -t admin@host user passwd alice` waits.
 * Verifies that an answer is worth nothing once the right is gone, is recorded as denied, and changes nothing.
 */
test('operations: who loses the right while a verb waits for an answer changes nothing with it', async (t) => {
  const events: AuditEvent[] = [];
  const audit = (event: AuditEvent): number => events.push(event);
  const touched: string[] = [];
  const accounts = {
    find: async () => ({ locked: false }),
    setPassword: async () => touched.push('setPassword'),
    addKey: async () => touched.push('addKey'),
  } as never;
  const verbs = createVerbs({ ...untouchable(touched), settle: async () => undefined, accounts, audit, hidden: [] });
  let mayAdminister = true;
  const operations = createOperations({ policy: deciding(() => (mayAdminister ? 'allow' : 'deny')), audit });
  const who = { identity: { user: 'bob' }, origin: { sessionId: 's', address: '::1' }, face: 'shell', verbs } as const;
  const administration = operations.administration(who);
  const losingIt = async (): Promise<string> => {
    mayAdminister = false;
    return 'the answer';
  };
  for (const name of ['user passwd', 'user key add']) {
    mayAdminister = true;
    const call = { operands: ['alice'], password: losingIt, publicKey: losingIt };
    await t.throwsAsync(administration.run(name, call), { message: 'Permission denied' }, name);
  }
  t.deepEqual(touched, []);
  t.deepEqual(
    events.map((event) => 'outcome' in event && event.outcome),
    ['permission-denied', 'permission-denied'],
  );
});

test('operations: what is hidden is not allowed', (t) => {
  const operations = createOperations({ policy: deciding(() => 'hidden'), audit: () => undefined });
  const verbs = { syntax: [], run: () => Promise.reject(new Error('ran')) };
  const who = { identity: { user: 'bob' }, origin: { sessionId: 's', address: '::1' }, face: 'shell', verbs } as const;
  t.false(operations.administration(who).isAllowed());
});

test('operations: a file that is open is among the open files, with what was moved', async (t) => {
  const operations = createOperations({ policy: deciding(() => 'allow'), audit: () => undefined });
  const openFiles = new Set<{ path: string; direction: string; bytes: number }>();
  const files = operations.as({
    identity: { user: 'al' },
    origin: { sessionId: 's', address: '::1' },
    face: 'sftp',
    storage: createMemoryStorage(),
    openFiles: openFiles as never,
  });
  const shown = (): unknown[] => [...openFiles].map(({ path, direction, bytes }) => [path, direction, bytes]);
  const path = '/file' as typeof ROOT;
  const upload = await files.open(path, { write: true, create: true });
  t.deepEqual(shown(), [['/file', 'upload', 0]]);
  await upload.write(Buffer.alloc(10), 0);
  const both = await files.open(path, { read: true, write: true });
  await both.read(Buffer.alloc(4), 0);
  await both.write(Buffer.alloc(3), 0);
  const download = await files.open(path, { read: true });
  await download.read(Buffer.alloc(100), 0);
  t.deepEqual(shown(), [
    ['/file', 'upload', 10],
    ['/file', 'both', 7],
    ['/file', 'download', 10],
  ]);
  await upload.close();
  await upload.close();
  t.is(openFiles.size, 2);
  await both.close({ abandon: true });
  await download.close();
  t.is(openFiles.size, 0);
});
