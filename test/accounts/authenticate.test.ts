import test from 'ava';
import { type Authenticator, createAuthenticator } from '../../src/accounts/authenticate.ts';
import { parseAuthorizedKeys } from '../../src/accounts/authorized-keys-file.ts';
import { parseCredentials } from '../../src/accounts/credentials-file.ts';
import { Argon2MissingError } from '../../src/accounts/password.ts';
import { type PasswordHash, writeHash } from '../../src/accounts/password-hash.ts';
import { OverloadedError, type Passwords } from '../../src/accounts/password-pool.ts';
import { type CountingPasswords, countingPasswords, recordingLog, transparentHash } from './fixtures.ts';
import { ECDSA_KEY, ED25519_KEY, RSA_KEY } from './sample-keys.ts';

const USERS = `alice:${transparentHash('wonderland')}\nbob:builder bob: yes\n__proto__:p\nlocked:!${transparentHash('wonderland')}\nbare:!\n`;

/** An authenticator over some users, without the wait after a refusal. */
async function startAuthenticator(
  users: string,
  passwords: Passwords = countingPasswords(),
): Promise<{ authenticator: Authenticator; log: ReturnType<typeof recordingLog>; replace(users: string): void }> {
  let { accounts } = parseCredentials(Buffer.from(users));
  const log = recordingLog();
  const keys = new Map([
    ['alice', parseAuthorizedKeys(`${ED25519_KEY}\n${RSA_KEY}\n`).keys],
    ['locked', parseAuthorizedKeys(`${ED25519_KEY}\n`).keys],
    ['ghost', parseAuthorizedKeys(`${ED25519_KEY}\n`).keys],
  ]);
  const authenticator = await createAuthenticator({
    store: {
      find: (user) => accounts.find((account) => account.user === user),
      get accounts() {
        return accounts;
      },
    },
    keys: { find: async (user, blob) => keys.get(user)?.find((key) => key.blob.equals(blob)) },
    passwords,
    log,
    refusalMs: 0,
    jitterMs: 0,
    keyRefusalMs: 0,
  });
  return {
    authenticator,
    log,
    replace: (next) => {
      accounts = parseCredentials(Buffer.from(next)).accounts;
    },
  };
}

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

/** The work that a check costs: everything of the hash but salt and key. */
function costs(passwords: CountingPasswords): string[] {
  return passwords.verified.splice(0).map((hash: PasswordHash) => writeHash(hash).split('$').slice(0, 4).join('$'));
}

test('authenticate: the right password of a hashed and of a plain account gives the identity', async (t) => {
  const { authenticator } = await startAuthenticator(USERS);
  t.deepEqual(await authenticator.password('alice', 'wonderland'), { ok: true, identity: { user: 'alice' } });
  t.deepEqual(await authenticator.password('bob', 'builder bob: yes'), { ok: true, identity: { user: 'bob' } });
  t.deepEqual(await authenticator.password('__proto__', 'p'), { ok: true, identity: { user: '__proto__' } });
});

const refusals: [title: string, user: string, password: unknown, reason: string][] = [
  ['a wrong password', 'alice', 'Wonderland', 'wrong-password'],
  ['a wrong plain password', 'bob', 'builder', 'wrong-password'],
  ['an empty password', 'bob', '', 'wrong-password'],
  ['the hash itself', 'alice', transparentHash('wonderland'), 'wrong-password'],
  ['an unknown user', 'mallory', 'wonderland', 'unknown-user'],
  ['an unknown user with an empty password', 'mallory', '', 'unknown-user'],
  ['a name of Object.prototype', 'constructor', 'x', 'unknown-user'],
  ['another case of the name', 'ALICE', 'wonderland', 'unknown-user'],
  ['a NUL in the name', 'alice\0', 'wonderland', 'unknown-user'],
  ['a locked user with the right password', 'locked', 'wonderland', 'locked'],
  ['a locked user with a wrong password', 'locked', 'Wonderland', 'locked'],
  ['a locked user with the mark and the password', 'locked', '!wonderland', 'locked'],
  ['a locked user without a password, with none', 'bare', '', 'locked'],
  ['a locked user without a password, with the mark', 'bare', '!', 'locked'],
  ['an object for a password (a request to change it)', 'alice', { old: 'wonderland' }, 'malformed'],
  ['no password', 'alice', undefined, 'malformed'],
  ['a password of 1025 bytes', 'alice', 'x'.repeat(1025), 'malformed'],
  ['a password of 600 characters and 1200 bytes', 'alice', 'é'.repeat(600), 'malformed'],
];

for (const [title, user, password, reason] of refusals) {
  test(`authenticate: ${title} is refused as ${reason}`, async (t) => {
    const { authenticator } = await startAuthenticator(USERS);
    t.deepEqual(await authenticator.password(user, password), { ok: false, reason });
  });
}

test('authenticate: an unknown user and a locked one cost the same work as a wrong password', async (t) => {
  const passwords = countingPasswords();
  const { authenticator } = await startAuthenticator(USERS, passwords);
  await authenticator.password('alice', 'wrong');
  await authenticator.password('bob', 'wrong');
  await authenticator.password('mallory', 'wrong');
  await authenticator.password('locked', 'wrong');
  await authenticator.password('locked', 'wonderland');
  await authenticator.password('bare', 'wrong');
  t.deepEqual(costs(passwords), Array(6).fill('$argon2id$v=19$m=19456,t=2,p=1'));
});

test('authenticate: a right password costs one check as well, plain or hashed', async (t) => {
  const passwords = countingPasswords();
  const { authenticator } = await startAuthenticator(USERS, passwords);
  await authenticator.password('alice', 'wonderland');
  await authenticator.password('bob', 'builder bob: yes');
  t.is(costs(passwords).length, 2);
});

test('authenticate: where hashes differ in cost, an unknown user costs what some account costs, and always the same', async (t) => {
  const passwords = countingPasswords();
  const users = Array.from({ length: 8 }, (_, at) => `u${at}:${transparentHash('x', 1000 + at)}`);
  const { authenticator } = await startAuthenticator(users.join('\n'), passwords);
  await Promise.all(users.map((_, at) => authenticator.password(`u${at}`, 'wrong')));
  const real = new Set(costs(passwords));
  for (const name of ['mallory', 'root', 'admin', 'x'.repeat(500), '']) {
    await authenticator.password(name, 'wrong');
    await authenticator.password(name, 'other');
    const [first, second] = costs(passwords);
    t.true(real.has(first ?? ''), name);
    t.is(first, second, name);
  }
});

test('authenticate: with no users at all, a check costs what a new hash costs', async (t) => {
  const passwords = countingPasswords();
  const { authenticator } = await startAuthenticator('', passwords);
  t.deepEqual(await authenticator.password('alice', 'x'), { ok: false, reason: 'unknown-user' });
  t.deepEqual(costs(passwords), ['$argon2id$v=19$m=19456,t=2,p=1']);
});

test('authenticate: the two ways to write é are one password', async (t) => {
  const { authenticator } = await startAuthenticator('bob:caf\u00e9\n');
  t.true((await authenticator.password('bob', 'cafe\u0301')).ok);
});

test('authenticate: a user who is removed while the password is checked is refused', async (t) => {
  let whileChecking = (): void => undefined;
  const passwords: Passwords = {
    hash: async () => transparentHash('x'),
    verify: async () => {
      whileChecking();
      return true;
    },
  };
  const { authenticator, replace } = await startAuthenticator(USERS, passwords);
  whileChecking = () => replace('bob:builder\n');
  t.deepEqual(await authenticator.password('alice', 'wonderland'), { ok: false, reason: 'unknown-user' });
});

test('authenticate: a user who is locked while the password is checked is refused', async (t) => {
  let whileChecking = (): void => undefined;
  const passwords: Passwords = {
    hash: async () => transparentHash('x'),
    verify: async () => {
      whileChecking();
      return true;
    },
  };
  const { authenticator, replace } = await startAuthenticator(USERS, passwords);
  whileChecking = () => replace(USERS.replace('alice:', 'alice:!'));
  t.deepEqual(await authenticator.password('alice', 'wonderland'), { ok: false, reason: 'locked' });
});

test('authenticate: a reload that leaves the account as it is refuses nobody', async (t) => {
  let whileChecking = (): void => undefined;
  const passwords: Passwords = {
    hash: async () => transparentHash('x'),
    verify: async () => {
      whileChecking();
      return true;
    },
  };
  const { authenticator, replace } = await startAuthenticator(USERS, passwords);
  whileChecking = () => replace(`# new\n${USERS}`);
  t.true((await authenticator.password('alice', 'wonderland')).ok);
});

const failures: [title: string, error: Error, logged: RegExp | undefined][] = [
  ['a full queue', new OverloadedError(), undefined],
  ['a missing argon2 module', new Argon2MissingError(), /^error: .*@node-rs\/argon2 does not load/],
  ['a failure nobody foresaw', new Error('boom'), /^unexpected: .*boom/],
];

for (const [title, error, logged] of failures) {
  test(`authenticate: ${title} is a refusal`, async (t) => {
    const { authenticator, log } = await startAuthenticator(USERS, {
      hash: async () => transparentHash('x'),
      verify: () => Promise.reject(error),
    });
    t.deepEqual(await authenticator.password('alice', 'wonderland'), { ok: false, reason: 'overloaded' });
    t.is(log.lines.length, logged === undefined ? 0 : 1);
    if (logged !== undefined) t.regex(log.lines[0] ?? '', logged);
  });
}

test('authenticate: hashing that does not work is found when the authenticator is made', async (t) => {
  const broken: Passwords = { ...countingPasswords(), hash: () => Promise.reject(new Error('no threads')) };
  await t.throwsAsync(startAuthenticator(USERS, broken), { message: 'no threads' });
});

test('authenticate: a key of the user gives the identity and its fingerprint', async (t) => {
  const { authenticator } = await startAuthenticator(USERS);
  t.deepEqual(await authenticator.publicKey('alice', { algorithm: 'ssh-ed25519', blob: blobOf(ED25519_KEY) }), {
    ok: true,
    identity: { user: 'alice' },
    fingerprint: 'SHA256:gutelRrldFETqvmeIyNyINJ6K9hewqSbqGlLol8dMrE',
  });
  for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512']) {
    t.true((await authenticator.publicKey('alice', { algorithm, blob: blobOf(RSA_KEY) })).ok, algorithm);
  }
});

const keyRefusals: [title: string, user: string, algorithm: string, blob: Uint8Array, reason: string][] = [
  ['a key nobody listed', 'alice', 'ecdsa-sha2-nistp256', blobOf(ECDSA_KEY), 'unknown-key'],
  ['the key of another user', 'bob', 'ssh-ed25519', blobOf(ED25519_KEY), 'unknown-key'],
  ['an unknown user', 'mallory', 'ssh-ed25519', blobOf(ED25519_KEY), 'unknown-user'],
  ['a file of keys without a user', 'ghost', 'ssh-ed25519', blobOf(ED25519_KEY), 'unknown-user'],
  ['the right key of a locked user', 'locked', 'ssh-ed25519', blobOf(ED25519_KEY), 'locked'],
  ['a name that is a path', '../alice', 'ssh-ed25519', blobOf(ED25519_KEY), 'unknown-key'],
  ['an algorithm of another type of key', 'alice', 'rsa-sha2-512', blobOf(ED25519_KEY), 'unknown-key'],
  ['RSA with SHA-1', 'alice', 'ssh-rsa', blobOf(RSA_KEY), 'unknown-algorithm'],
  ['DSA', 'alice', 'ssh-dss', blobOf(ED25519_KEY), 'unknown-algorithm'],
  ['an empty blob', 'alice', 'ssh-ed25519', new Uint8Array(), 'unknown-key'],
];

for (const [title, user, algorithm, blob, reason] of keyRefusals) {
  test(`authenticate: by key, ${title} is refused as ${reason}`, async (t) => {
    const { authenticator } = await startAuthenticator(USERS);
    t.deepEqual(await authenticator.publicKey(user, { algorithm, blob }), { ok: false, reason });
  });
}
