import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createAccountEditor } from '../../src/accounts/account-editor.ts';
import { openAccountStore } from '../../src/accounts/account-store.ts';
import { createAuthenticator } from '../../src/accounts/authenticate.ts';
import { AuthorizedKeys } from '../../src/accounts/authorized-keys.ts';
import { createPasswordChange } from '../../src/accounts/change-password.ts';
import { LoginRecords } from '../../src/accounts/login-records.ts';
import { createOwnAccount } from '../../src/accounts/own-account.ts';
import { OverloadedError } from '../../src/accounts/password-pool.ts';
import { SecondFactors } from '../../src/accounts/second-factor.ts';
import { codeAt, readSecret, stepAt } from '../../src/accounts/totp.ts';
import { AccountError } from '../../src/model/account.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import { ANY_PASSWORD } from '../../src/model/rules.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { countingPasswords, recordingLog, transparentHash } from './fixtures.ts';
import { ECDSA_KEY, ED25519_KEY } from './sample-keys.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:10Z');

/** alice's own account, over real files and hashing that costs nothing. */
async function loginAlice(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'id_passwd.txt');
  await writeFile(file, `# users\nalice:${transparentHash('old')}\nbob:b\n`, { mode: 0o600 });
  const log = recordingLog();
  const passwords = countingPasswords();
  // The watch is to find nothing by itself: what a change does must count at once.
  const store = await openAccountStore({ file, log: recordingLog(), pollMs: 60_000, settleMs: 60_000 });
  t.teardown(() => store.close());
  const keys = new AuthorizedKeys({ folder: join(folder, 'authorized_keys'), log });
  const authenticator = await createAuthenticator({ store, keys, passwords, log, refusalMs: 0, jitterMs: 0 });
  const events: AuditEvent[] = [];
  const origin = { sessionId: 's1', address: '192.0.2.1' };
  const identity = { user: 'alice' };
  const audit = (event: AuditEvent): void => void events.push(event);
  const records = new LoginRecords({ folder: join(folder, 'logins'), log });
  const secondFactors = new SecondFactors({ records, now: () => NOW_MS });
  const changePassword = createPasswordChange({ file, store, passwords, records, rules: () => ANY_PASSWORD });
  const demands = { totp: false };
  const account = createOwnAccount({
    identity,
    origin,
    store,
    authenticator,
    changePassword,
    keys,
    secondFactors,
    mayDoWithoutTotp: () => !demands.totp,
    audit,
    log,
  });
  return { account, authenticator, store, keys, file, folder, log, events, passwords, records, demands };
}

/*
 * Whoever was removed could leave a key behind for the next user of the name: sessions end within two seconds, and a key
 * added before that was kept.
 * Reached by `keys add` in a session of a user who is just being removed.
 * Verifies that the key is refused, and gone, whether it is added before the account is out of the file or after.
 */
test('own account: who is removed leaves no key behind', async (t) => {
  const { account, store, keys, records, file, log } = await loginAlice(t);
  const events: string[] = [];
  const editor = createAccountEditor({
    file,
    keys: {
      list: (user) => keys.list(user),
      add: (user, line) => keys.add(user, line),
      remove: (user, fingerprint) => keys.remove(user, fingerprint),
      forget: async (user) => {
        await keys.forget(user);
        // In between the first step of the removal and the next.
        if (events.length === 0) await account.addKey(ED25519_KEY);
        events.push('forgotten');
      },
    },
    records,
    hash: async (password) => transparentHash(password),
    passwordRules: () => ANY_PASSWORD,
    warn: log.warn,
  });
  await editor.remove('alice');
  t.deepEqual(await keys.list('alice'), []);
  // The session is not ended yet, and the account is still known to it.
  await store.reload();
  await writeFile(file, `alice:${transparentHash('old')}\n`, { mode: 0o600 });
  await store.reload();
  await editor.remove('alice');
  await t.throwsAsync(account.addKey(ECDSA_KEY), { instanceOf: AccountError, message: /no more/ });
  t.deepEqual(await keys.list('alice'), []);
});

test('own account: a new password counts at the next login, the old one no more', async (t) => {
  const { account, authenticator, events, file } = await loginAlice(t);
  await account.changePassword('old', 'brand new: 1');
  t.true((await authenticator.password('alice', 'brand new: 1')).ok);
  t.false((await authenticator.password('alice', 'old')).ok);
  t.deepEqual(events, [{ sessionId: 's1', address: '192.0.2.1', event: 'account.password-changed', user: 'alice' }]);
  t.is(await readFile(file, 'utf8'), `# users\nalice:${transparentHash('brand new: 1')}\nbob:b\n`);
});

const refused: [title: string, current: string, next: string, message: RegExp][] = [
  ['a wrong current password', 'wrong', 'new', /current password is wrong/],
  ['an empty current password', '', 'new', /current password is wrong/],
  ['an empty new password', 'old', '', /not be empty/],
  ['the current password as the new one', 'old', 'old', /is the current one/],
  ['a line end', 'old', 'new\nmallory:x', /control characters/],
  ['an escape', 'old', 'new\u001b[A', /control characters/],
  ['more than 1024 bytes', 'old', 'é'.repeat(513), /1024 bytes/],
  ['half a surrogate pair', 'old', 'x\ud800', /not text/],
];

for (const [title, current, next, message] of refused) {
  test(`own account: ${title} is refused, and nothing is changed`, async (t) => {
    const { account, events, file } = await loginAlice(t);
    const before = await readFile(file, 'utf8');
    await t.throwsAsync(account.changePassword(current, next), { instanceOf: AccountError, message });
    t.is(await readFile(file, 'utf8'), before);
    t.deepEqual(events, []);
  });
}

test('own account: a password of 1024 bytes, with colons and spaces, is taken', async (t) => {
  const { account, authenticator, passwords } = await loginAlice(t);
  const hashed: string[] = [];
  passwords.hash = async (password) => {
    hashed.push(password);
    return transparentHash('stands for it');
  };
  const next = ` : ${'x'.repeat(1020)} `;
  await account.changePassword('old', next);
  t.deepEqual(hashed, [next]);
  t.true((await authenticator.password('alice', 'stands for it')).ok);
});

test('own account: a file that is broken is no fault of the user, and no path is shown', async (t) => {
  const { account, file, folder, log } = await loginAlice(t);
  await writeFile(file, `alice:${transparentHash('old')}\nbroken\n`);
  const error = await t.throwsAsync(account.changePassword('old', 'new'), { instanceOf: AccountError });
  t.false(error?.message.includes(folder));
  t.true(log.lines.some((line) => line.startsWith('error:')));
});

test('own account: a disk that refuses is logged, and told without a path', async (t) => {
  const { account, folder, log } = await loginAlice(t);
  // A folder where the lock would be: modes do not stop root.
  await mkdir(join(folder, 'authorized_keys', '.alice.lock'), { recursive: true });
  const error = await t.throwsAsync(account.addKey(ED25519_KEY), { instanceOf: AccountError, message: /id-1/ });
  t.false(error?.message.includes(folder));
  t.true(log.lines.some((line) => line.startsWith('unexpected: adding a key')));
});

test('own account: a full queue of hashing asks to try again', async (t) => {
  const { account, passwords } = await loginAlice(t);
  passwords.verify = () => Promise.reject(new OverloadedError());
  await t.throwsAsync(account.changePassword('old', 'new'), { instanceOf: AccountError, message: /busy/ });
});

test('own account: a user who was removed can change nothing', async (t) => {
  const { account, store, file } = await loginAlice(t);
  await writeFile(file, 'bob:b\n');
  await store.reload();
  await t.throwsAsync(account.changePassword('old', 'new'), { instanceOf: AccountError, message: /no more/ });
  await t.throwsAsync(account.addKey(ED25519_KEY), { instanceOf: AccountError, message: /no more/ });
});

test('own account: keys are added, listed and removed, and let the user in meanwhile', async (t) => {
  const { account, authenticator, events } = await loginAlice(t);
  const info = await account.addKey(ED25519_KEY);
  t.deepEqual(Object.keys(info).sort(), ['comment', 'fingerprint', 'type']);
  await account.addKey(ECDSA_KEY);
  t.deepEqual(
    (await account.keys()).map(({ type }) => type),
    ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
  );
  const blob = Buffer.from(ED25519_KEY.split(' ')[1] ?? '', 'base64');
  t.true((await authenticator.publicKey('alice', { algorithm: 'ssh-ed25519', blob })).ok);
  t.deepEqual(await account.removeKey(info.fingerprint), info);
  t.false((await authenticator.publicKey('alice', { algorithm: 'ssh-ed25519', blob })).ok);
  t.deepEqual(
    events.map(({ event }) => event),
    ['account.key-added', 'account.key-added', 'account.key-removed'],
  );
});

test('own account: a key that is refused leaves no trace in the audit', async (t) => {
  const { account, events } = await loginAlice(t);
  await t.throwsAsync(account.addKey('nonsense'), { instanceOf: AccountError });
  await t.throwsAsync(account.removeKey('SHA256:x'), { instanceOf: AccountError });
  t.deepEqual(events, []);
});

const codeOfNow = (secret: string, steps = 0): string =>
  codeAt(readSecret(secret) ?? Buffer.alloc(0), stepAt(NOW_MS) + steps);

test('own account: a second factor is made, renewed and taken away by its codes, and the audit log says so', async (t) => {
  const { account, events } = await loginAlice(t);
  t.is(await account.secondFactor(), undefined);
  const made = await account.newSecondFactor();
  t.true(made.uri.includes(made.secret));
  t.true(made.qrCode.length > 10);
  await t.throwsAsync(made.enable('000000'), { instanceOf: AccountError, message: /not the code of now/ });
  t.is(await account.secondFactor(), undefined);
  await made.enable(codeOfNow(made.secret, -1));
  t.deepEqual(await account.secondFactor(), { since: new Date(NOW_MS), recoveryCodesLeft: 10 });
  await t.throwsAsync(account.newSecondFactor(), { message: /already/ });
  await t.throwsAsync(account.newRecoveryCodes('000000'), { message: /code is wrong/ });
  const renewed = await account.newRecoveryCodes(codeOfNow(made.secret));
  await t.throwsAsync(account.disableSecondFactor(codeOfNow(made.secret)), { message: /used already/ });
  await t.throwsAsync(account.disableSecondFactor(made.recoveryCodes[0] ?? ''), { message: /code is wrong/ });
  await account.disableSecondFactor(renewed[0] ?? '');
  t.is(await account.secondFactor(), undefined);
  t.deepEqual(
    events.map(({ event }) => event),
    ['account.totp-enabled', 'account.recovery-codes-renewed', 'account.totp-disabled'],
  );
});

test('own account: a second factor that a role demands stays', async (t) => {
  const { account, demands, events } = await loginAlice(t);
  const made = await account.newSecondFactor();
  await made.enable(codeOfNow(made.secret, -1));
  demands.totp = true;
  await t.throwsAsync(account.disableSecondFactor(codeOfNow(made.secret)), { message: /your role demands/ });
  t.like(await account.secondFactor(), { recoveryCodesLeft: 10 });
  t.is(events.length, 1);
});

test('own account: after too many wrong codes even the right one changes nothing', async (t) => {
  const { account } = await loginAlice(t);
  const made = await account.newSecondFactor();
  await made.enable(codeOfNow(made.secret, -1));
  for (let turn = 0; turn < 10; turn += 1) await t.throwsAsync(account.disableSecondFactor('000000'));
  await t.throwsAsync(account.disableSecondFactor(codeOfNow(made.secret)), { message: /too many codes/ });
});

test('own account: a new password is remembered with its time, and need not be changed again', async (t) => {
  const { account, records } = await loginAlice(t);
  await records.passwordSet('alice', { mustChange: true }, 0);
  await account.changePassword('old', 'brand new');
  const { passwordSetMs = 0, mustChangePassword } = await records.read('alice');
  t.true(passwordSetMs > 0);
  t.false(mustChangePassword);
});
