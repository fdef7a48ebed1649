// Who tries to find out which users there are, and which of them are locked or kept out by a rule: by every method, and by the question whether
// a key would do. What is told and how soon must be the same for all.

import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type Client } from 'ssh2';
import { encodeStrings } from '../../src/transport/wire.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { changingRules } from '../helpers/rules.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { beforeLogin } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { u8, u32 } from '../sftp/bytes-of.ts';
import { listen, say } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives } from './victim.ts';

type Signer = (data: Buffer, done: (signature: Buffer) => void) => void;
interface Signing {
  readonly _protocol: { authPK(user: string, key: ssh2.ParsedKey, algorithm: string | undefined, sign: Signer): void };
}

/** Of a refusal by password, and of one by key: docs/users.md. */
const NOT_BEFORE_MS = { password: 150, key: 10 };

const request = (user: string, method: string, ...fields: Buffer[]): Buffer =>
  message(MESSAGE.userauthRequest, encodeStrings([user, 'ssh-connection', method]), ...fields);

interface Heard {
  /** Whole messages, in hexadecimal. */
  readonly messages: string[];
  readonly afterMs: number;
}

/** What is heard after `ask`, up to the refusal. */
async function hear(t: ExecutionContext, server: TestServer, ask: (client: Client) => void): Promise<Heard> {
  const client = await beforeLogin(t, server, 'mallory');
  const messages: string[] = [];
  let isOver = false;
  listen(client, (one) => {
    messages.push(one.toString('hex'));
    if (one[0] === MESSAGE.userauthFailure) isOver = true;
    // A question of keyboard-interactive: answered with the password of alice.
    if (one[0] === MESSAGE.userauthInfoRequest && messages.length === 1) {
      say(client, message(MESSAGE.userauthInfoResponse, u32(1), encodeStrings([PASSWORDS.alice])));
    }
  });
  const start = performance.now();
  ask(client);
  await until(() => isOver);
  const afterMs = performance.now() - start;
  client.destroy();
  return { messages, afterMs };
}

interface Method {
  readonly notBeforeMs: number;
  readonly ask: (client: Client, user: string) => void;
}

/** Every way to ask for a login, by alice's password and by this key. */
function methodsWith(key: ssh2.ParsedKey): Readonly<Record<string, Method>> {
  const blob = key.getPublicSSH();
  const offered = encodeStrings(['ssh-ed25519', blob]);
  const noSignature = encodeStrings([encodeStrings(['ssh-ed25519', Buffer.alloc(64, 7)])]);
  return {
    none: { notBeforeMs: 0, ask: (client, user) => say(client, request(user, 'none')) },
    password: {
      notBeforeMs: NOT_BEFORE_MS.password,
      ask: (client, user) => say(client, request(user, 'password', u8(0), encodeStrings([PASSWORDS.alice]))),
    },
    'a password, to be changed': {
      notBeforeMs: NOT_BEFORE_MS.password,
      ask: (client, user) => say(client, request(user, 'password', u8(1), encodeStrings([PASSWORDS.alice, 'new']))),
    },
    'keyboard-interactive': {
      notBeforeMs: NOT_BEFORE_MS.password,
      ask: (client, user) => say(client, request(user, 'keyboard-interactive', encodeStrings(['', '']))),
    },
    'a key, as a question': {
      notBeforeMs: NOT_BEFORE_MS.key,
      ask: (client, user) => say(client, request(user, 'publickey', u8(0), offered)),
    },
    'a key, with a wrong signature': {
      notBeforeMs: NOT_BEFORE_MS.key,
      ask: (client, user) => say(client, request(user, 'publickey', u8(1), offered, noSignature)),
    },
    'a key, with its signature': {
      notBeforeMs: NOT_BEFORE_MS.key,
      ask: (client, user) =>
        (client as unknown as Signing)._protocol.authPK(user, key, undefined, (data, done) => done(key.sign(data))),
    },
    'a key by SHA-1': {
      notBeforeMs: 0,
      ask: (client, user) => say(client, request(user, 'publickey', u8(0), encodeStrings(['ssh-rsa', blob]))),
    },
  };
}

function privateKey(pair: { readonly private: string }): ssh2.ParsedKey {
  const key = ssh2.utils.parseKey(pair.private);
  if (key instanceof Error) throw key;
  return key;
}

/** All are told the same as nobody is, by every method, and none sooner than a refusal may be told. */
async function allAreToldTheSame(
  t: ExecutionContext,
  server: TestServer,
  { users, key }: { readonly users: readonly string[]; readonly key: ssh2.ParsedKey },
): Promise<void> {
  for (const [what, { notBeforeMs, ask }] of Object.entries(methodsWith(key))) {
    const [unknown, ...others] = await Promise.all(
      ['nobody', ...users].map((user) => hear(t, server, (client) => ask(client, user))),
    );
    t.true((unknown?.messages.length ?? 0) >= 1, what);
    for (const [index, other] of others.entries()) {
      t.deepEqual(other.messages, unknown?.messages, `${what}: ${users[index]}`);
    }
    // A timer may be a millisecond early.
    for (const { afterMs } of [unknown, ...others].filter((one) => one !== undefined)) {
      t.true(afterMs >= notBeforeMs - 1, `${what}: ${afterMs}`);
    }
  }
}

test.serial('who exists: unknown, locked and with a wrong proof are told the same, by every method', async (t) => {
  // Would go wrong: names are collected from answers that differ, or come sooner, before passwords are guessed; and a
  // locked user is found by a key that lets in everywhere else (OpenSSH CVE-2018-15473 told by a cut-off request).
  const victim = await startVictim(t);
  const pair = makeKeyPair('ed25519');
  const folder = join(victim.folder, 'authorized_keys');
  await mkdir(folder, { mode: 0o700 });
  // Alice is locked, with the right key; ghost has a file of keys and is no user.
  for (const user of ['alice', 'ghost']) await writeFile(join(folder, user), `${pair.public}\n`, { mode: 0o600 });
  const content = await readFile(victim.credentials, 'utf8');
  await writeFile(victim.credentials, content.replace('alice:', 'alice:!'));
  await until(async () => (await victim.records()).some(({ message: text }) => text === 'the users have changed'));

  await allAreToldTheSame(t, victim, { users: ['ghost', 'alice', 'mallory'], key: privateKey(pair) });
  const records = await victim.records();
  t.deepEqual(
    records.filter(({ event, user }) => event === 'session.login' && user !== 'bob'),
    [],
  );
  await survives(t, victim, 60);
});

test.serial('who exists: who is kept out by a rule, with the right proof, is told what nobody is told', async (t) => {
  // Would go wrong: a right password is known by the answer that only it gets ("from here you may not", or a question for
  // a code that nobody has), though it lets in from nowhere.
  const pair = makeKeyPair('ed25519');
  const closedAllDay = [{ days: [(new Date().getDay() + 3) % 7], from: 0, to: 24 * 60 }];
  const users = {
    network: { networks: '192.0.2.0/24' },
    expired: { expiresMs: 1 },
    hours: { hours: closedAllDay },
    method: { methods: ['publickey'], networks: '192.0.2.0/24' },
    factor: { roles: ['factor'] },
    full: { maxSessions: 0 },
    unreadable: {},
  } as const;
  const names = Object.keys(users);
  const rules = changingRules({
    users,
    roles: {
      factor: [
        ['password', 'totp'],
        ['publickey', 'totp'],
      ],
    },
  });
  const server = await startServer(t, {}, rules);
  for (const folder of ['authorized_keys', 'logins']) await mkdir(join(server.folder, folder), { mode: 0o700 });
  for (const user of names) {
    await writeFile(join(server.folder, 'authorized_keys', user), `${pair.public}\n`, { mode: 0o600 });
  }
  await writeFile(join(server.folder, 'logins/unreadable'), 'totp-secret cut off', { mode: 0o600 });
  await appendFile(server.credentials, names.map((user) => `${user}:${PASSWORDS.alice}\n`).join(''));
  await until(async () => (await server.records()).some(({ message: text }) => text === 'the users have changed'));

  await allAreToldTheSame(t, server, { users: names, key: privateKey(pair) });

  const reasonsOf = async (user: string): Promise<Set<unknown>> => {
    const refused = (await server.records()).filter(
      (one) => one['event'] === 'session.refused' && one['user'] === user,
    );
    return new Set(refused.map(({ reason }) => reason));
  };
  // The log alone tells them apart; "malformed" is the request to change the password.
  const always = ['malformed', 'unknown-algorithm'];
  const reasons = { factor: 'no-second-factor', full: 'too-many-sessions', method: 'network' } as const;
  for (const user of names) {
    const expected = { ...Object.fromEntries(names.map((name) => [name, name])), ...reasons }[user];
    const told = await reasonsOf(user);
    t.true(told.has(expected), `${user}: ${[...told].join(' ')}`);
    for (const reason of told) t.true(reason === expected || always.includes(String(reason)), `${user}: ${reason}`);
  }
  t.false((await server.records()).some(({ event }) => event === 'session.login' || event === 'session.step'));
});
