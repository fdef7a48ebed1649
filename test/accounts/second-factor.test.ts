import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LoginRecordError, LoginRecords } from '../../src/accounts/login-records.ts';
import { type CodeCheck, type Enrolment, SecondFactors } from '../../src/accounts/second-factor.ts';
import { codeAt, stepAt } from '../../src/accounts/totp.ts';
import { AccountError } from '../../src/model/account.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { recordingLog } from './fixtures.ts';

const START_MS = Date.parse('2026-03-01T12:00:10Z');
const STEP_MS = 30_000;
const MINUTE_MS = 60_000;

/** Second factors over real files, with a clock that the test turns. */
async function setUp(t: ExecutionContext) {
  const folder = join(await temporaryFolder(t), 'logins');
  const log = recordingLog();
  const clock = { nowMs: START_MS };
  /** As after a restart: nothing is remembered. */
  const open = (): { records: LoginRecords; factors: SecondFactors } => {
    const records = new LoginRecords({ folder, log });
    return { records, factors: new SecondFactors({ records, now: () => clock.nowMs }) };
  };
  const { factors } = open();
  const codeOf = ({ secret }: Enrolment, steps = 0): string => codeAt(secret, stepAt(clock.nowMs) + steps);
  const enable = async (user = 'alice'): Promise<Enrolment> => {
    const enrolment = factors.prepare(user);
    await factors.enable(enrolment, undefined);
    return enrolment;
  };
  const check = async (code: string): Promise<CodeCheck['kind']> => (await factors.check('alice', code)).kind;
  return { folder, log, clock, open, factors, codeOf, enable, check };
}

test('second factor: is in force once a code of it was given, and that code is used up', async (t) => {
  const { factors, codeOf, check, clock } = await setUp(t);
  const enrolment = factors.prepare('alice');
  await t.throwsAsync(factors.enable(enrolment, '000000'), {
    instanceOf: AccountError,
    message: /not the code of now/,
  });
  t.is(await factors.status('alice'), undefined);
  const code = codeOf(enrolment);
  await factors.enable(enrolment, `${code.slice(0, 3)} ${code.slice(3)}`);
  t.like(await factors.status('alice'), { since: new Date(START_MS), recoveryCodesLeft: 10, blockedUntil: undefined });
  t.is(await check(code), 'used-code');
  clock.nowMs += STEP_MS;
  t.is(await check(codeOf(enrolment)), 'right');
});

test('second factor: a code counts once, for whoever sends it, and after a restart too', async (t) => {
  const { open, enable, codeOf, clock } = await setUp(t);
  const enrolment = await enable();
  const code = codeOf(enrolment);
  const at_once = await Promise.all([1, 2, 3].map(() => open().factors.check('alice', code)));
  t.deepEqual(at_once.map(({ kind }) => kind).sort(), ['right', 'used-code', 'used-code']);
  clock.nowMs += STEP_MS;
  t.is((await open().factors.check('alice', code)).kind, 'used-code');
});

test('second factor: after the code of one step, that of the step before counts no more', async (t) => {
  const { enable, codeOf, check } = await setUp(t);
  const enrolment = await enable();
  t.is(await check(codeOf(enrolment, 1)), 'right');
  t.is(await check(codeOf(enrolment, 0)), 'used-code');
  t.is(await check(codeOf(enrolment, -1)), 'used-code');
});

test('second factor: the code of another user is wrong', async (t) => {
  const { enable, codeOf, check, factors } = await setUp(t);
  await enable();
  const bobs = await enable('bob');
  t.is(await check(codeOf(bobs)), 'wrong-code');
  t.is((await factors.check('bob', codeOf(bobs))).kind, 'right');
  t.is((await factors.check('carol', codeOf(bobs))).kind, 'no-second-factor');
});

test('second factor: each recovery code lets in once, however it is typed', async (t) => {
  const { enable, factors, folder } = await setUp(t);
  const { recoveryCodes } = await enable();
  t.is(new Set(recoveryCodes).size, 10);
  const [first = '', second = ''] = recoveryCodes;
  t.regex(first, /^(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
  t.deepEqual(await factors.check('alice', first), { kind: 'recovery', left: 9 });
  t.deepEqual(await factors.check('alice', first), { kind: 'wrong-code' });
  t.deepEqual(await factors.check('alice', second.toLowerCase().replaceAll('-', ' ')), { kind: 'recovery', left: 8 });
  const kept = await readFile(join(folder, 'alice'), 'utf8');
  for (const code of recoveryCodes) t.false(kept.includes(code) || kept.includes(code.replaceAll('-', '')));
});

test('second factor: new recovery codes take the place of the old ones', async (t) => {
  const { enable, factors, check } = await setUp(t);
  const { recoveryCodes } = await enable();
  const renewed = await factors.renewRecoveryCodes('alice');
  t.is(await check(recoveryCodes[0] ?? ''), 'wrong-code');
  t.is(await check(renewed[0] ?? ''), 'recovery');
  await t.throwsAsync(factors.renewRecoveryCodes('bob'), { message: 'there is no second factor' });
});

test('second factor: after ten wrong codes none is looked at, and then one more each ten minutes', async (t) => {
  const { enable, codeOf, check, clock, open, factors } = await setUp(t);
  const enrolment = await enable();
  for (let turn = 0; turn < 10; turn += 1) t.is(await check('000000'), 'wrong-code');
  t.is(await check(codeOf(enrolment)), 'too-many-codes');
  t.is(await check(enrolment.recoveryCodes[0] ?? ''), 'too-many-codes');
  t.is((await open().factors.check('alice', codeOf(enrolment))).kind, 'too-many-codes');
  t.deepEqual((await factors.status('alice'))?.blockedUntil, new Date(START_MS + 10 * MINUTE_MS));
  clock.nowMs += 10 * MINUTE_MS - 1;
  t.is(await check(codeOf(enrolment)), 'too-many-codes');
  clock.nowMs += 1;
  t.is(await check('000000'), 'wrong-code');
  t.is(await check(codeOf(enrolment)), 'too-many-codes');
  clock.nowMs += 10 * MINUTE_MS;
  t.is(await check(codeOf(enrolment)), 'right');
  // A right one forgives all.
  t.is((await factors.status('alice'))?.blockedUntil, undefined);
  t.is(await check('000000'), 'wrong-code');
});

test('second factor: a new password forgives wrong codes, and keeps the second factor', async (t) => {
  const { enable, codeOf, check, open } = await setUp(t);
  const enrolment = await enable();
  for (let turn = 0; turn < 10; turn += 1) await check('000000');
  await open().records.passwordSet('alice', { mustChange: true }, START_MS);
  t.is(await check(codeOf(enrolment)), 'right');
  t.like(await open().records.read('alice'), { passwordSetMs: START_MS, mustChangePassword: true });
});

test('second factor: there is one at a time, and none when it is disabled', async (t) => {
  const { enable, factors, folder } = await setUp(t);
  await enable();
  await t.throwsAsync(enable(), { instanceOf: AccountError, message: /already/ });
  await factors.disable('alice');
  t.is(await factors.status('alice'), undefined);
  t.deepEqual(await readdir(folder), []);
  await t.throwsAsync(factors.disable('alice'), { message: 'there is no second factor' });
});

test('login records: the file is for the server alone, and can be read and written by hand', async (t) => {
  const { enable, folder, open } = await setUp(t);
  await enable();
  t.is((await stat(folder)).mode & 0o777, 0o700);
  t.is((await stat(join(folder, 'alice'))).mode & 0o777, 0o600);
  const text = await readFile(join(folder, 'alice'), 'utf8');
  t.regex(
    text,
    /^# .*\ntotp-secret [A-Z2-7]{32}\ntotp-since 2026-03-01T12:00:10.000Z\n(?:recovery-code [0-9a-f:]{97}\n){10}$/,
  );
  await writeFile(
    join(folder, 'bob'),
    '\n# by hand\r\npassword-set   2026-01-01T00:00:00Z\r\npassword-must-change yes',
    { mode: 0o600 },
  );
  t.deepEqual(await open().records.read('bob'), {
    passwordSetMs: Date.parse('2026-01-01T00:00:00Z'),
    mustChangePassword: true,
    totp: undefined,
  });
});

const broken: [title: string, text: string][] = [
  ['a name that is none', 'totp-sekret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'],
  ['a secret that is cut', 'totp-secret GEZDGNBVGY3T'],
  ['a secret that is none', 'totp-secret'],
  ['recovery codes without a secret', `recovery-code ${'0'.repeat(32)}:${'0'.repeat(64)}`],
  ['a time that is none', 'password-set yesterday'],
  ['a mark that is none', 'password-must-change maybe'],
  [
    'a recovery code as it was shown',
    'totp-secret GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\nrecovery-code ABCD-EFGH-IJKL-MNOP',
  ],
  ['a half of a line', 'totp'],
];

for (const [title, text] of broken) {
  test(`login records: with ${title} nobody is let in, and nothing is changed`, async (t) => {
    const { folder, open, log } = await setUp(t);
    await mkdir(folder, { mode: 0o700 });
    await writeFile(join(folder, 'alice'), text, { mode: 0o600 });
    const { records } = open();
    await t.throwsAsync(records.read('alice'), { instanceOf: LoginRecordError });
    await t.throwsAsync(records.passwordSet('alice', { mustChange: false }), { instanceOf: LoginRecordError });
    t.is(await readFile(join(folder, 'alice'), 'utf8'), text);
    t.regex(log.lines[0] ?? '', /^error: logins\/alice: /);
    t.false(log.lines.join().includes('GEZDGNBV'));
  });
}

test('login records: a file or folder that others can write lets nobody in, one that they can read is warned of', async (t) => {
  const { folder, open, enable, log } = await setUp(t);
  await enable();
  const file = join(folder, 'alice');
  await chmod(file, 0o602);
  await t.throwsAsync(open().records.read('alice'), { instanceOf: LoginRecordError });
  await chmod(file, 0o600);
  await chmod(folder, 0o703);
  await t.throwsAsync(open().records.read('alice'), { instanceOf: LoginRecordError });
  await chmod(folder, 0o700);
  await chmod(file, 0o604);
  const { records } = open();
  await records.read('alice');
  await records.read('alice');
  t.deepEqual(log.lines, [
    'error: logins/alice: others can change the file; mend it with: chmod go-w logins/alice',
    'error: logins/alice: others can change the folder; mend it with: chmod go-w logins',
    'warn: logins/alice: others can read the file: chmod go-rwx logins/alice',
  ]);
});

// What was wrong: a folder that others can write was looked at only with a file in it. Who took the file out of it took the
// second factor away, and who was added then could not log in.
// How reached: `logins/` writable by others, and no file of the user in it.
// What this verifies: nobody is let in then, and no user can be added.
test('login records: in a folder that others can write, a file that is missing lets nobody in either', async (t) => {
  const { folder, open, log } = await setUp(t);
  const { records } = open();
  t.is((await records.read('alice')).totp, undefined);
  await mkdir(folder, { mode: 0o700 });
  await records.read('alice');
  await chmod(folder, 0o703);
  await t.throwsAsync(records.read('alice'), { instanceOf: LoginRecordError });
  t.deepEqual(log.lines, ['error: logins/alice: others can change the folder; mend it with: chmod go-w logins']);
});

test('login records: what can’t be read lets nobody in', async (t) => {
  const { folder, open, log } = await setUp(t);
  await mkdir(join(folder, 'alice'), { recursive: true, mode: 0o700 });
  await t.throwsAsync(open().records.read('alice'), { instanceOf: LoginRecordError });
  t.is(log.lines.length, 1);
});

test('login records: a name that is a path is refused', async (t) => {
  const { open } = await setUp(t);
  await t.throwsAsync(open().records.read('../alice'), { instanceOf: TypeError });
});
