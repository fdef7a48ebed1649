// Who tries to find out which users there are, and which of them are locked: by every method, and by the question whether
// a key would do. What is told and how soon must be the same for all.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type Client } from 'ssh2';
import { encodeStrings } from '../../src/transport/wire.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { beforeLogin } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { u8, u32 } from '../sftp/bytes-of.ts';
import { listen, say } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

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
async function hear(t: ExecutionContext, victim: Victim, ask: (client: Client) => void): Promise<Heard> {
  const client = await beforeLogin(t, victim, 'mallory');
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

test.serial('who exists: unknown, locked and with a wrong proof are told the same, by every method', async (t) => {
  // Would go wrong: names are collected from answers that differ, or come sooner, before passwords are guessed; and a
  // locked user is found by a key that lets in everywhere else (OpenSSH CVE-2018-15473 told by a cut-off request).
  const victim = await startVictim(t);
  const pair = makeKeyPair('ed25519');
  const key = ssh2.utils.parseKey(pair.private);
  if (key instanceof Error) throw key;
  const folder = join(victim.folder, 'authorized_keys');
  await mkdir(folder, { mode: 0o700 });
  // Alice is locked, with the right key; ghost has a file of keys and is no user.
  for (const user of ['alice', 'ghost']) await writeFile(join(folder, user), `${pair.public}\n`, { mode: 0o600 });
  const content = await readFile(victim.credentials, 'utf8');
  await writeFile(victim.credentials, content.replace('alice:', 'alice:!'));
  await until(async () => (await victim.records()).some(({ message: text }) => text === 'the users have changed'));

  const blob = key.getPublicSSH();
  const offered = encodeStrings(['ssh-ed25519', blob]);
  const noSignature = encodeStrings([encodeStrings(['ssh-ed25519', Buffer.alloc(64, 7)])]);
  const methods: Record<string, { notBeforeMs: number; ask: (client: Client, user: string) => void }> = {
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
  for (const [what, { notBeforeMs, ask }] of Object.entries(methods)) {
    const [unknown, ...others] = await Promise.all(
      ['nobody', 'ghost', 'alice', 'mallory'].map((user) => hear(t, victim, (client) => ask(client, user))),
    );
    t.true((unknown?.messages.length ?? 0) >= 1, what);
    for (const other of others) t.deepEqual(other.messages, unknown?.messages, what);
    // A timer may be a millisecond early.
    for (const { afterMs } of [unknown, ...others].filter((one) => one !== undefined)) {
      t.true(afterMs >= notBeforeMs - 1, `${what}: ${afterMs}`);
    }
  }
  const records = await victim.records();
  t.deepEqual(
    records.filter(({ event, user }) => event === 'session.login' && user !== 'bob'),
    [],
  );
  await survives(t, victim, 60);
});
