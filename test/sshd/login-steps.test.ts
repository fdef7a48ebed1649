// Logins in steps, over the wire: which methods are offered next, what is asked, and what counts.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import { LoginRecords } from '../../src/accounts/login-records.ts';
import { SecondFactors } from '../../src/accounts/second-factor.ts';
import { codeAt, stepAt } from '../../src/accounts/totp.ts';
import { recordingLog } from '../accounts/fixtures.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { loginByScript, type Try } from '../helpers/login-script.ts';
import { changingRules, type RulesForTest } from '../helpers/rules.ts';
import { type Actor, PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';

const ALL = 'publickey,password,keyboard-interactive';
const PASSWORD = 'password,keyboard-interactive';
const INTERACTIVE = 'keyboard-interactive';
const DAY_MS = 24 * 60 * 60_000;

async function setUp(t: ExecutionContext, first: RulesForTest = {}, settings: Record<string, string> = {}) {
  const rules = changingRules(first);
  const server = await startServer(t, settings, rules);
  const records = new LoginRecords({ folder: join(server.folder, 'logins'), log: recordingLog() });
  const factors = new SecondFactors({ records });
  return {
    server,
    rules,
    records,
    factors,
    /** Gives a user a second factor; what it returns tells the code, of now or so many steps later. */
    enable: async (user: Actor) => {
      const enrolment = factors.prepare(user);
      await factors.enable(enrolment, undefined);
      return (steps = 0): string => codeAt(enrolment.secret, stepAt(Date.now()) + steps);
    },
    giveKey: (user: Actor) => giveKey(server, user),
    /** What a login by this script hears. */
    hears: async (user: string, ...tries: Try[]): Promise<readonly string[]> => {
      const { heard, client } = await loginByScript(server, user, tries);
      client?.end();
      return heard;
    },
    /** What the audit log has of an event, a line each, once there are so many. */
    audited: async (least: number, event: string, ...fields: string[]): Promise<string[]> => {
      const read = async (): Promise<string[]> => {
        const records = await server.records();
        return records.filter((one) => one['event'] === event).map((one) => fields.map((name) => one[name]).join(' '));
      };
      await until(async () => (await read()).length >= least);
      return read();
    },
  };
}

async function giveKey(server: TestServer, user: Actor): Promise<string> {
  const pair = makeKeyPair('ed25519');
  const folder = join(server.folder, 'authorized_keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, user), `${pair.public}\n`, { mode: 0o600, flag: 'a' });
  return pair.private;
}

const careful = (...login: ('password' | 'publickey' | 'totp')[][]): RulesForTest => ({
  users: { alice: { roles: ['careful'] } },
  roles: { careful: login },
});
const right = { password: PASSWORDS.alice };

test('login: a code is asked for after the password, in one exchange', async (t) => {
  const { enable, hears, audited } = await setUp(t);
  const code = await enable('alice');
  const heard = await hears('alice', { answers: [[PASSWORDS.alice], [code()]] });
  t.deepEqual(heard, ['? Password: ', '? One-time code: ', 'in']);
  t.deepEqual(await audited(1, 'session.login', 'user', 'method'), ['alice password+totp']);
  t.deepEqual(await audited(1, 'session.step', 'user', 'method', 'next'), ['alice password totp']);
});

test('login: after the method password, the code is asked for interactively', async (t) => {
  const { enable, hears } = await setUp(t);
  const code = await enable('alice');
  const heard = await hears('alice', right, { answers: [[code()]] });
  t.deepEqual(heard, [`partial ${INTERACTIVE}`, '? One-time code: ', 'in']);
});

test('login: who has no second factor is asked for none, and neither is who comes by key', async (t) => {
  const { enable, hears, giveKey: give } = await setUp(t);
  await enable('alice');
  const key = await give('alice');
  t.deepEqual(await hears('alice', { key }), ['in']);
  t.deepEqual(await hears('bob', { answers: [[PASSWORDS.bob]] }), ['? Password: ', 'in']);
  t.deepEqual(await hears('bob', { password: PASSWORDS.bob }), ['in']);
});

test('login: a wrong code is refused, the same one twice too, and a recovery code lets in', async (t) => {
  const { factors, hears, audited } = await setUp(t);
  const enrolment = factors.prepare('alice');
  await factors.enable(enrolment, undefined);
  const code = codeAt(enrolment.secret, stepAt(Date.now()));
  const wrong = code === '000000' ? '000001' : '000000';
  const recovery = enrolment.recoveryCodes[3] ?? '';
  t.deepEqual(
    await hears('alice', { answers: [[PASSWORDS.alice], [wrong]] }, { answers: [[PASSWORDS.alice], [code]] }),
    ['? Password: ', '? One-time code: ', `no ${ALL}`, '? Password: ', '? One-time code: ', 'in'],
  );
  t.is((await hears('alice', { answers: [[PASSWORDS.alice], [code]] })).at(-1), 'out');
  t.is((await hears('alice', { answers: [[PASSWORDS.alice], [recovery]] })).at(-1), 'in');
  t.is((await hears('alice', { answers: [[PASSWORDS.alice], [recovery]] })).at(-1), 'out');
  t.deepEqual(await audited(3, 'session.refused', 'reason'), ['wrong-code', 'used-code', 'wrong-code']);
  t.deepEqual(await audited(1, 'account.recovery-code-used', 'user', 'left'), ['alice 9']);
});

test('login: a code right behind the password is a wrong password', async (t) => {
  const { enable, hears, audited } = await setUp(t);
  const code = await enable('alice');
  await hears('alice', { password: `${PASSWORDS.alice}${code()}` }, { answers: [[`${PASSWORDS.alice}${code()}`]] });
  t.deepEqual(await audited(2, 'session.refused', 'reason'), ['wrong-password', 'wrong-password']);
});

test('login: a key and a password after it, where a role demands both', async (t) => {
  const { hears, giveKey: give, audited } = await setUp(t, careful(['publickey', 'password']));
  const key = await give('alice');
  t.deepEqual(await hears('alice', { key }, right), [`partial ${PASSWORD}`, 'in']);
  t.deepEqual(await hears('alice', { key }, { answers: [[PASSWORDS.alice]] }), [
    `partial ${PASSWORD}`,
    '? Password: ',
    'in',
  ]);
  // Without the key nobody finds out what the password is; and one that is wrong leaves the key proven.
  t.deepEqual(await hears('alice', right, { password: 'guess' }), [`no ${ALL}`, `no ${ALL}`, 'out']);
  t.deepEqual(await hears('alice', { key }, { password: 'guess' }, right), [
    `partial ${PASSWORD}`,
    `no ${PASSWORD}`,
    'in',
  ]);
  t.is(
    (await audited(3, 'session.login', 'method', 'key')).filter((line) => /^publickey\+password SHA256:/.test(line))
      .length,
    3,
  );
});

test('login: a key, a password and a code, and each but the last is a part', async (t) => {
  const { hears, giveKey: give, enable } = await setUp(t, careful(['publickey', 'password', 'totp']));
  const [key, code] = [await give('alice'), await enable('alice')];
  t.deepEqual(await hears('alice', { key }, right, { answers: [[code()]] }), [
    `partial ${PASSWORD}`,
    `partial ${INTERACTIVE}`,
    '? One-time code: ',
    'in',
  ]);
  t.deepEqual(await hears('alice', { key }, { answers: [[PASSWORDS.alice], [code(1)]] }), [
    `partial ${PASSWORD}`,
    '? Password: ',
    '? One-time code: ',
    'in',
  ]);
  t.deepEqual(await hears('alice', { key }, { answers: [[PASSWORDS.alice], ['000000']] }, right), [
    `partial ${PASSWORD}`,
    '? Password: ',
    '? One-time code: ',
    `no ${PASSWORD}`,
    `partial ${INTERACTIVE}`,
    'out',
  ]);
});

test('login: a key and a code', async (t) => {
  const { hears, giveKey: give, enable, audited } = await setUp(t, careful(['publickey', 'totp']));
  const [key, code] = [await give('alice'), await enable('alice')];
  t.deepEqual(await hears('alice', { key }, { answers: [[code()]] }), [
    `partial ${INTERACTIVE}`,
    '? One-time code: ',
    'in',
  ]);
  t.deepEqual(await audited(1, 'session.login', 'method'), ['publickey+totp']);
});

test('login: a step by which nothing comes next is refused, and what was proven stays', async (t) => {
  const { hears, giveKey: give, enable } = await setUp(t);
  const [key, code] = [await give('alice'), await enable('alice')];
  t.deepEqual(await hears('alice', right, right, { key }, 'none', { answers: [[code()]] }), [
    `partial ${INTERACTIVE}`,
    `no ${INTERACTIVE}`,
    `no ${INTERACTIVE}`,
    `no ${INTERACTIVE}`,
    '? One-time code: ',
    'in',
  ]);
});

test('login: who must give a code and can not is refused, and the log says what to do', async (t) => {
  const { hears, audited, server } = await setUp(t, careful(['password', 'totp']));
  t.deepEqual(await hears('alice', { answers: [[PASSWORDS.alice]] }), ['? Password: ', `no ${ALL}`, 'out']);
  t.deepEqual(await audited(1, 'session.refused', 'reason'), ['no-second-factor']);
  t.true((await server.records()).some(({ message }) => String(message).endsWith('sshome user totp enable alice')));
});

test('login: what can’t be read of a user lets nobody in as that user', async (t) => {
  const { hears, audited, server, giveKey: give } = await setUp(t);
  const key = await give('alice');
  await mkdir(join(server.folder, 'logins'), { mode: 0o700 });
  await writeFile(join(server.folder, 'logins/alice'), 'totp-secret cut off', { mode: 0o600 });
  t.is((await hears('alice', right, { key })).at(-1), 'out');
  t.deepEqual(await audited(2, 'session.refused', 'reason'), ['unreadable', 'unreadable']);
  t.is((await hears('bob', { password: PASSWORDS.bob })).at(-1), 'in');
});

const locked: [reason: string, own: NonNullable<RulesForTest['users']>[string]][] = [
  ['network', { networks: '192.0.2.0/24' }],
  ['expired', { expiresMs: 1 }],
  ['hours', { hours: [{ days: [(new Date().getDay() + 3) % 7], from: 0, to: 1440 }] }],
  ['method', { methods: ['publickey'] }],
];

for (const [reason, own] of locked) {
  test(`login: who is kept out by a rule is told what a wrong password is told (${reason})`, async (t) => {
    const { hears, audited } = await setUp(t, { users: { alice: own } });
    const tries = (password: string): Try[] => [{ password }, { answers: [[password]] }];
    t.deepEqual(await hears('alice', ...tries(PASSWORDS.alice)), await hears('bob', ...tries('guess')));
    t.deepEqual(await audited(4, 'session.refused', 'user', 'reason'), [
      `alice ${reason}`,
      `alice ${reason}`,
      'bob wrong-password',
      'bob wrong-password',
    ]);
  });
}

test('login: a rule gives a user fewer sessions than the server gives everybody', async (t) => {
  const { server, hears, audited } = await setUp(t, { users: { alice: { maxSessions: 1 } } });
  const first = await login(t, server, 'alice');
  t.deepEqual(await hears('alice', right), [`no ${ALL}`, 'out']);
  t.deepEqual(await audited(1, 'session.refused', 'reason'), ['too-many-sessions']);
  const gone = closed(first);
  first.end();
  await gone;
  await until(async () => (await audited(1, 'session.close', 'user')).includes('alice'));
  t.deepEqual(await hears('alice', right), ['in']);
});

test('new password: who must change it does so before the login goes on', async (t) => {
  const { hears, records, audited, server } = await setUp(t);
  await records.passwordSet('alice', { mustChange: true });
  const heard = await hears('alice', { answers: [[PASSWORDS.alice], ['brand new', 'brand new']] });
  t.deepEqual(heard, [
    '? Password: ',
    '! Your password must be changed now.',
    '? New password: ',
    '? New password again: ',
    'in',
  ]);
  t.deepEqual(await audited(1, 'account.password-changed', 'user'), ['alice']);
  t.deepEqual(await hears('alice', right), [`no ${ALL}`, 'out']);
  t.deepEqual(await hears('alice', { password: 'brand new' }), ['in']);
  t.regex(await readFile(server.credentials, 'utf8'), /^alice:\$argon2id\$/m);
});

test('new password: after the method password it is asked for interactively', async (t) => {
  const { hears, records } = await setUp(t);
  await records.passwordSet('alice', { mustChange: true });
  t.deepEqual(await hears('alice', right, { answers: [['brand new', 'brand new']] }), [
    `partial ${INTERACTIVE}`,
    '! Your password must be changed now.',
    '? New password: ',
    '? New password again: ',
    'in',
  ]);
});

test('new password: one that is not taken is asked for again, three times', async (t) => {
  const { hears, records, audited } = await setUp(t, { passwords: { minLength: 10 } });
  await records.passwordSet('alice', { mustChange: true });
  const rounds = [
    [PASSWORDS.alice],
    ['short', 'short'],
    ['long enough', 'but not the same'],
    [PASSWORDS.alice, PASSWORDS.alice],
  ];
  const heard = await hears('alice', { answers: rounds });
  t.deepEqual(
    heard.filter((line) => line.startsWith('!')),
    [
      '! Your password must be changed now.',
      '! The password must have at least 10 characters; this has 5.',
      '! The two new passwords are not the same.',
    ],
  );
  t.is(heard.at(-1), 'out');
  t.deepEqual(await audited(1, 'session.refused', 'reason'), ['password-not-changed']);
  t.deepEqual(await audited(0, 'account.password-changed', 'user'), []);
  t.is((await hears('alice', { answers: [[PASSWORDS.alice], ['again not it', 'again not it']] })).at(-1), 'in');
});

test('new password: comes after the code, and who has only the password can’t set one', async (t) => {
  const { hears, records, enable } = await setUp(t);
  await records.passwordSet('alice', { mustChange: true });
  const code = await enable('alice');
  t.is((await hears('alice', { answers: [[PASSWORDS.alice], ['000000'], ['brand new', 'brand new']] })).at(-1), 'out');
  t.deepEqual(await hears('alice', { answers: [[PASSWORDS.alice], [code()], ['brand new', 'brand new']] }), [
    '? Password: ',
    '? One-time code: ',
    '! Your password must be changed now.',
    '? New password: ',
    '? New password again: ',
    'in',
  ]);
});

test('new password: one that is too old must be changed, one of unknown age and who comes by key need not', async (t) => {
  const { hears, records, giveKey: give } = await setUp(t, { passwords: { maxAgeMs: 90 * DAY_MS } });
  const key = await give('alice');
  await records.passwordSet('alice', { mustChange: false }, Date.now() - 91 * DAY_MS);
  await records.passwordSet('bob', { mustChange: false }, Date.now() - 89 * DAY_MS);
  t.deepEqual(await hears('alice', right), [`partial ${INTERACTIVE}`, 'out']);
  t.deepEqual(await hears('alice', { key }), ['in']);
  t.deepEqual(await hears('bob', { password: PASSWORDS.bob }), ['in']);
  t.deepEqual(await hears('mallory', { password: PASSWORDS.mallory }), ['in']);
});

test('live: sessions that the rules would not let in any more end, and others go on', async (t) => {
  const { server, rules, audited } = await setUp(t);
  const alice = await login(t, server, 'alice');
  const bob = await login(t, server, 'bob');
  const gone = closed(alice);
  rules.change({ users: { alice: { networks: '192.0.2.0/24' } } });
  await gone;
  t.is((await run(bob, 'whoami')).stdout.toString('utf8'), 'bob\n');
  t.deepEqual(await audited(1, 'session.close', 'user', 'reason'), [
    'alice the user may not log in from this address any more',
  ]);
});

test('live: a key that is taken away ends the sessions that came by it, and no others', async (t) => {
  const { server, giveKey: give, audited } = await setUp(t);
  const privateKey = await give('alice');
  const file = join(server.folder, 'authorized_keys/alice');
  const line = await readFile(file, 'utf8');
  const kept = await give('alice');
  const loginBy = async (one: Try): Promise<Client> => {
    const { client } = await loginByScript(server, 'alice', [one]);
    if (client === undefined) throw new Error('was not let in');
    t.teardown(() => client.destroy());
    return client;
  };
  const byKey = await loginBy({ key: privateKey });
  const byOther = await loginBy({ key: kept });
  const byPassword = await loginBy(right);
  const gone = closed(byKey);
  await writeFile(file, (await readFile(file, 'utf8')).replace(line, ''));
  await gone;
  for (const client of [byOther, byPassword]) t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'alice\n');
  t.deepEqual(await audited(1, 'session.close', 'reason'), ['the key was taken away']);
});
