import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { parseCredentials } from '../../src/accounts/credentials-file.ts';
import { loadArgon2, verifyPassword } from '../../src/accounts/password.ts';
import { codeAt, readSecret, stepAt } from '../../src/accounts/totp.ts';
import { ED25519_KEY, SHORT_RSA_KEY } from '../accounts/sample-keys.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';

const PROGRAM = fileURLToPath(new URL('user-program.js', import.meta.url));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `sshome user ARGS` in `folder`, with `input` as standard input. */
async function user(
  folder: string,
  args: string[],
  input = '',
  env: Record<string, string> = {},
  account: { uid?: number; gid?: number } = {},
): Promise<Outcome> {
  const options = { cwd: folder, env: { ...process.env, ...env }, ...account };
  const child = spawn(process.execPath, [PROGRAM, 'user', ...args], options);
  child.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: Number(status), stdout, stderr };
}

async function withUsers(t: ExecutionContext, content: string) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'id_passwd.txt');
  await writeFile(file, content, { mode: 0o600 });
  return { folder, file, read: () => readFile(file, 'utf8') };
}

/** Whether `password` is the one of `name` in the file, which must have it hashed. */
async function isPassword(file: string, name: string, password: string): Promise<boolean> {
  const account = parseCredentials(await readFile(file)).accounts.find((candidate) => candidate.user === name);
  return account?.hash !== undefined && verifyPassword(password, account.hash, await loadArgon2());
}

test.serial('cli user: add, passwd, list and remove, with passwords from standard input', async (t) => {
  t.timeout(60_000);
  const folder = await temporaryFolder(t);
  const file = join(folder, 'id_passwd.txt');
  t.deepEqual(await user(folder, ['add', 'alice', '--password-stdin'], 'wonder: land \r\nsecond line\n'), {
    status: 0,
    stdout: 'alice is added.\n',
    stderr: '',
  });
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.true(await isPassword(file, 'alice', 'wonder: land '));
  t.is((await user(folder, ['passwd', 'alice', '--password-stdin'], 'other')).status, 0);
  t.true(await isPassword(file, 'alice', 'other'));
  t.is((await user(folder, ['list'])).stdout, 'alice  argon2id  0 keys\n');
  const removed = await user(folder, ['remove', 'alice']);
  t.regex(removed.stdout, /alice is removed.*home.*still there/);
  t.is(await readFile(file, 'utf8'), '');
});

test.serial('cli user: hash-all hashes the plain passwords and keeps the rest of the file', async (t) => {
  t.timeout(60_000);
  const { folder, file, read } = await withUsers(t, '# head\nuser1:password1\n\nuser2:password2\n');
  const outcome = await user(folder, ['hash-all']);
  t.is(outcome.stdout, '2 passwords are hashed now: user1, user2\n');
  t.true(await isPassword(file, 'user1', 'password1'));
  t.regex(await read(), /^# head\nuser1:\$argon2id\$.*\n\nuser2:\$argon2id\$.*\n$/);
  t.is((await user(folder, ['hash-all'])).stdout, 'There is no plain password.\n');
});

test.serial('cli user: list shows what kind of password and how many keys there are, as JSON lines too', async (t) => {
  t.timeout(60_000);
  const { folder } = await withUsers(t, 'al:a\nalice:b\n');
  t.is((await user(folder, ['list'])).stdout, 'al     plain     0 keys\nalice  plain     0 keys\n');
  t.is(
    (await user(folder, ['list', '--json'])).stdout,
    '{"user":"al","password":"plain","keys":0,"locked":false,"totp":false,"mustChange":false}\n' +
      '{"user":"alice","password":"plain","keys":0,"locked":false,"totp":false,"mustChange":false}\n',
  );
});

test.serial('cli user: lock and unlock, with a new password in between that unlocks nobody', async (t) => {
  t.timeout(60_000);
  const { folder, file, read } = await withUsers(t, 'alice:a\nbob:b\n');
  t.regex((await user(folder, ['lock', 'alice'])).stdout, /^alice is locked/);
  t.is(await read(), 'alice:!a\nbob:b\n');
  t.is((await user(folder, ['list'])).stdout, 'alice  plain     0 keys  locked\nbob    plain     0 keys\n');
  t.regex(
    (await user(folder, ['passwd', 'alice', '--password-stdin'], 'new')).stdout,
    /new password, and is still locked/,
  );
  t.regex((await user(folder, ['unlock', 'alice'])).stdout, /^alice is unlocked/);
  t.true(await isPassword(file, 'alice', 'new'));
  await writeFile(file, 'alice:!\n');
  t.is((await user(folder, ['list'])).stdout, 'alice  none      0 keys  locked\n');
});

test.serial('cli user: keys are added, listed and removed; removing the user removes them', async (t) => {
  t.timeout(60_000);
  const { folder } = await withUsers(t, 'alice:a\n');
  await writeFile(join(folder, 'id.pub'), `${ED25519_KEY}\n`);
  const added = await user(folder, ['key', 'add', 'alice', 'id.pub']);
  t.regex(added.stdout, /^alice can log in with ssh-ed25519 SHA256:/);
  const listed = (await user(folder, ['key', 'list', 'alice'])).stdout;
  t.regex(listed, /^SHA256:\S{43} ssh-ed25519 alice@laptop\n$/);
  t.is((await user(folder, ['key', 'remove', 'alice', listed.split(' ')[0] ?? ''])).status, 0);
  t.is((await user(folder, ['key', 'list', 'alice'])).stdout, '');
  await user(folder, ['key', 'add', 'alice', 'id.pub']);
  await user(folder, ['remove', 'alice']);
  await t.throwsAsync(stat(join(folder, 'authorized_keys', 'alice')), { code: 'ENOENT' });
});

test.serial('cli user: add tells of keys that are there already', async (t) => {
  t.timeout(60_000);
  const { folder } = await withUsers(t, 'alice:a\n');
  await writeFile(join(folder, 'id.pub'), ED25519_KEY);
  await user(folder, ['key', 'add', 'alice', 'id.pub']);
  await writeFile(join(folder, 'id_passwd.txt'), '');
  const { stdout } = await user(folder, ['add', 'alice', '--password-stdin'], 'x');
  t.regex(stdout, /Note: 1 public key in authorized_keys\/alice can log in, too/);
});

test.serial('cli user: the file is named by --credentials, else by SSHOME_CREDENTIALS', async (t) => {
  t.timeout(60_000);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.txt'), 'alice:a\n', { mode: 0o600 });
  await writeFile(join(folder, 'b.txt'), 'bob:b\n', { mode: 0o600 });
  const env = { SSHOME_CREDENTIALS: 'b.txt' };
  t.regex((await user(folder, ['list'], '', env)).stdout, /^bob /);
  t.regex((await user(folder, ['list', '--credentials', 'a.txt'], '', env)).stdout, /^alice /);
});

const secretIn = (text: string): Buffer => readSecret(/^Secret: (\S+)$/m.exec(text)?.[1] ?? '') ?? Buffer.alloc(0);

test.serial(
  'cli user: a second factor is made, told of, renewed and taken away, and removed with the user',
  async (t) => {
    t.timeout(60_000);
    const { folder } = await withUsers(t, 'alice:a\nbob:b\n');
    const wrong = await user(folder, ['totp', 'enable', 'alice'], '000000\n');
    t.is(wrong.status, 1);
    t.regex(wrong.stderr, /not the code of now/);
    t.regex((await user(folder, ['totp', 'status', 'alice'])).stdout, /^alice has no second factor/);
    const { stdout, status } = await user(folder, ['totp', 'enable', 'alice', '--no-confirm']);
    t.is(status, 0);
    t.is(secretIn(stdout).length, 20);
    t.regex(stdout, /^otpauth:\/\/totp\/alice\?secret=/m);
    t.is(stdout.match(/^ {2}(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}$/gm)?.length, 10);
    // Not a terminal: the QR code is there, two of its corners in one line, without colours.
    t.regex(stdout, /^██ ▄▄▄▄▄ .* ▄▄▄▄▄ ██$/m);
    t.false(stdout.includes('\x1b'));
    t.is((await stat(join(folder, 'logins/alice'))).mode & 0o777, 0o600);
    t.regex((await user(folder, ['totp', 'enable', 'alice', '--no-confirm'])).stderr, /already.*totp disable alice/);
    t.is((await user(folder, ['list'])).stdout, 'alice  plain     0 keys  totp\nbob    plain     0 keys\n');
    t.regex((await user(folder, ['totp', 'status', 'alice'])).stdout, /since 20.*10 recovery codes left/);
    t.is((await user(folder, ['totp', 'recovery', 'alice'])).stdout.match(/^ {2}/gm)?.length, 10);
    t.regex((await user(folder, ['totp', 'recovery', 'bob'])).stderr, /no second factor/);
    t.is((await user(folder, ['totp', 'disable', 'alice'])).status, 0);
    t.is((await user(folder, ['totp', 'enable', 'bob', '--no-confirm'])).status, 0);
    t.is((await user(folder, ['remove', 'bob'])).status, 0);
    t.deepEqual(await readdir(join(folder, 'logins')), []);
    t.regex((await user(folder, ['totp', 'enable', 'carol', '--no-confirm'])).stderr, /no such user/);
  },
);

test.serial('cli user: a second factor is confirmed by a code of it', async (t) => {
  t.timeout(60_000);
  const { folder } = await withUsers(t, 'alice:a\n');
  const child = spawn(process.execPath, [PROGRAM, 'user', 'totp', 'enable', 'alice'], { cwd: folder });
  t.teardown(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  const exited = once(child, 'exit');
  await until(() => /^Secret: .*\n/m.test(shown), 50_000);
  child.stdin.end(`${codeAt(secretIn(shown), stepAt(Date.now()))}\n`);
  t.is((await exited)[0], 0);
  t.regex(shown, /alice gives a one-time code after the password from now on/);
});

test.serial('cli user: with --must-change, the password is to be changed; another one without it is not', async (t) => {
  t.timeout(60_000);
  const { folder } = await withUsers(t, 'alice:a\n');
  const flags = ['--password-stdin', '--must-change'];
  t.regex((await user(folder, ['passwd', 'alice', ...flags], 'b\n')).stdout, /to be changed at the next login/);
  t.regex((await user(folder, ['add', 'bob', ...flags], 'b\n')).stdout, /must change the password at the first login/);
  t.is(
    (await user(folder, ['list'])).stdout,
    'alice  argon2id  0 keys  must change\nbob    argon2id  0 keys  must change\n',
  );
  await user(folder, ['passwd', 'alice', '--password-stdin'], 'c\n');
  t.regex((await user(folder, ['list'])).stdout, /^alice {2}argon2id {2}0 keys\n/);
  t.regex(await readFile(join(folder, 'logins/alice'), 'utf8'), /^password-set 20/m);
});

test.serial(
  'cli user: the file is the one that sshome.yaml names, and a mistake elsewhere in that is no hindrance',
  async (t) => {
    t.timeout(60_000);
    const folder = await temporaryFolder(t);
    const config = join(folder, 'sshome.yaml');
    await writeFile(join(folder, 'a.txt'), 'alice:a\n', { mode: 0o600 });
    await writeFile(config, 'credentials: a.txt\nport: none\nusers: {alice: {quota: much}}\n', { mode: 0o600 });
    t.regex((await user(folder, ['lock', 'alice'])).stdout, /^alice is locked/);
    t.is(await readFile(join(folder, 'a.txt'), 'utf8'), 'alice:!a\n');
    const set = await user(folder, ['set', 'alice', 'files=1']);
    t.regex(
      set.stderr,
      /^sshome: sshome\.yaml has to be mended first\nsshome: sshome\.yaml:2: port: .*\nsshome: sshome\.yaml:3: /,
    );
    const removed = await user(folder, ['remove', 'alice']);
    t.is(removed.status, 0);
    t.regex(removed.stderr, /^sshome: sshome\.yaml may still name alice, and could not be changed: /);
    // Which file would be meant is not known then.
    await writeFile(config, 'credentials: [a.txt\n');
    t.regex((await user(folder, ['list'])).stderr, /^sshome: sshome\.yaml:/);
  },
);

test.serial(
  'cli user: without a running server a change is recorded in its log file, and nothing secret is',
  async (t) => {
    t.timeout(60_000);
    const folder = await temporaryFolder(t);
    const log = join(folder, 'log.jsonl');
    t.is((await user(folder, ['add', 'bob', '--password-stdin', '--log-file', log], 'hunter2 hunter2')).status, 0);
    t.is((await user(folder, ['add', 'bob', '--password-stdin', '--log-file', log], 'hunter2 hunter2')).status, 1);
    await user(folder, ['list', '--log-file', log]);
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const expected = {
      event: 'admin.user',
      face: 'cli',
      hostAccount: userInfo().username,
      verb: 'user add',
      target: 'bob',
    };
    t.is(lines.length, 2);
    t.like(JSON.parse(lines[0] ?? ''), { ...expected, level: 'info', outcome: 'ok' });
    t.like(JSON.parse(lines[1] ?? ''), { ...expected, level: 'warn', outcome: 'refused' });
    t.notRegex(lines.join(), /hunter2/);
    const unwritable = await user(folder, ['lock', 'bob', '--log-file', join(folder, 'none', 'log')]);
    t.is(unwritable.status, 0);
    t.regex(unwritable.stderr, /^sshome: this is not in the audit log: /);
  },
);

test.serial(
  'cli user: a second factor that is made is recorded without its secret, and so is one that is refused',
  async (t) => {
    t.timeout(60_000);
    const { folder } = await withUsers(t, 'alice:a\n');
    const log = join(folder, 'log.jsonl');
    const words = ['totp', 'enable', 'alice', '--no-confirm', '--log-file', log];
    const { stdout } = await user(folder, words);
    t.is((await user(folder, words)).status, 1);
    const text = await readFile(log, 'utf8');
    const [made, refusedOne, ...more] = text.trimEnd().split('\n');
    const expected = { event: 'admin.user', face: 'cli', verb: 'user totp enable', target: 'alice' };
    t.like(JSON.parse(made ?? ''), { ...expected, outcome: 'ok' });
    t.like(JSON.parse(refusedOne ?? ''), { ...expected, outcome: 'refused' });
    t.deepEqual(more, []);
    t.false(text.includes(/^Secret: (\S+)$/m.exec(stdout)?.[1] ?? ''));
  },
);

test.serial('cli user: a new password is as the rules of sshome.yaml ask', async (t) => {
  t.timeout(60_000);
  const { folder, read } = await withUsers(t, 'alice:a\n');
  await writeFile(join(folder, 'sshome.yaml'), 'passwords: {min-length: 12}\n', { mode: 0o600 });
  const flags = ['passwd', 'alice', '--password-stdin'];
  t.regex((await user(folder, flags, 'eleven chars\n'.slice(1))).stderr, /at least 12 characters; this has 11/);
  t.is(await read(), 'alice:a\n');
  t.is((await user(folder, flags, 'twelve chars\n')).status, 0);
});

// What was wrong: a user was added, and then the verb was refused for a folder that others can write.
// How reached: `logins/` writable by others. What this verifies: it is refused before anything is done.
test.serial('cli user: nobody is added who could not log in', async (t) => {
  t.timeout(60_000);
  const { folder, read } = await withUsers(t, 'alice:a\n');
  await mkdir(join(folder, 'logins'));
  await chmod(join(folder, 'logins'), 0o703);
  const outcome = await user(folder, ['add', 'bob', '--password-stdin'], 'a long secret');
  t.is(outcome.status, 1);
  t.regex(outcome.stderr, /chmod go-w logins/);
  t.is(await read(), 'alice:a\n');
});

// What was wrong: with broken YAML nobody could be locked out, whatever was said on the command line.
// How reached: a bracket too many, and `user lock` with all that it needs of the file.
// What this verifies: it says what it needs, and does with that.
test.serial('cli user: where sshome.yaml can not be read, what is needed of it can be given', async (t) => {
  t.timeout(60_000);
  const { folder, read } = await withUsers(t, 'alice:a\n');
  await writeFile(join(folder, 'sshome.yaml'), 'users: [\n', { mode: 0o600 });
  const refusal = await user(folder, ['lock', 'alice', '--credentials', 'id_passwd.txt']);
  t.is(refusal.status, 1);
  t.regex(refusal.stderr, /sshome\.yaml:\d: .*\n.*given instead: --state, --log-file\n$/);
  const places = ['--credentials', 'id_passwd.txt', '--state', 'state', '--log-file', 'log.jsonl'];
  t.is((await user(folder, ['lock', 'alice', ...places])).status, 0);
  t.is(await read(), 'alice:!a\n');
});

const refused: [title: string, args: string[], input: string, message: RegExp][] = [
  ['a bad name', ['add', '../x', '--password-stdin'], 'x', /1 to 64 letters/],
  ['a taken name', ['add', 'alice', '--password-stdin'], 'x', /there is a user alice already/],
  ['a name that differs in case', ['add', 'Alice', '--password-stdin'], 'x', /only in case/],
  ['to lock nobody', ['lock', 'bob'], '', /there is no such user/],
  ['to unlock who is not locked', ['unlock', 'alice'], '', /alice is not locked/],
  ['an empty password', ['add', 'bob', '--password-stdin'], '\n', /not be empty/],
  ['a password with an escape', ['add', 'bob', '--password-stdin'], 'a\u001bb\n', /control characters/],
  ['no terminal to ask on', ['add', 'bob'], 'x\n', /no terminal.*--password-stdin/],
  ['another password for nobody', ['passwd', 'bob', '--password-stdin'], 'x', /no such user/],
  ['removing nobody', ['remove', 'bob'], '', /no such user/],
  ['a key for nobody', ['key', 'add', 'bob', 'weak.pub'], '', /no such user/],
  ['a weak key', ['key', 'add', 'alice', 'weak.pub'], '', /1024 bits/],
  ['a file of keys that is not there', ['key', 'add', 'alice', 'none.pub'], '', /none\.pub/],
  ['a fingerprint nobody has', ['key', 'remove', 'alice', 'SHA256:x'], '', /no key with this fingerprint/],
];

for (const [title, args, input, message] of refused) {
  test.serial(`cli user: ${title} is refused with status 1 and a message`, async (t) => {
    t.timeout(60_000);
    const { folder, read } = await withUsers(t, 'alice:a\n');
    await writeFile(join(folder, 'weak.pub'), SHORT_RSA_KEY);
    const outcome = await user(folder, args, input);
    t.is(outcome.status, 1);
    t.is(outcome.stdout, '');
    t.regex(outcome.stderr, /^sshome: /);
    t.regex(outcome.stderr, message);
    t.is(await read(), 'alice:a\n');
  });
}

test.serial(
  'cli user: a wrong file is told with every line, and one that others can write with the cure',
  async (t) => {
    t.timeout(60_000);
    const { folder, file } = await withUsers(t, 'alice\nbob:\n');
    await chmod(file, 0o606);
    const { status, stderr } = await user(folder, ['list']);
    t.is(status, 1);
    t.regex(
      stderr,
      /^sshome: id_passwd\.txt: .*chmod go-w id_passwd\.txt\nsshome: id_passwd\.txt:1: .*\nsshome: id_passwd\.txt:2: /,
    );
  },
);

/** Runs `sshome user ARGS` in a terminal of its own, and types each answer when its question is there. */
async function inTerminal(t: ExecutionContext, folder: string, args: string[], answers: [string, string][]) {
  const command = `'${process.execPath}' '${PROGRAM}' user ${args.join(' ')}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  let screen = '';
  const rest = [...answers];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
    const next = rest[0];
    if (next === undefined || !screen.includes(next[0])) return;
    rest.shift();
    child.stdin.write(next[1]);
  });
  // Not `exit`: what the program said last may come after that.
  const [status] = await once(child, 'close');
  return { status: Number(status), screen };
}

/** Whether there is script(1) of util-linux to make terminals with. */
function hasScript(t: ExecutionContext): boolean {
  const { status } = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
  if (status === 0) return true;
  t.log('script(1) is missing: install bsdutils (or util-linux) to run this test');
  t.pass();
  return false;
}

test.serial('cli user: on a terminal the password is asked twice and never shown', async (t) => {
  t.timeout(60_000);
  if (!hasScript(t)) return;
  const { folder, file } = await withUsers(t, '');
  const { status, screen } = await inTerminal(
    t,
    folder,
    ['add', 'alice'],
    [
      ['New password for alice: ', 'sécret\x7f\x7f\x1b[Det\r'],
      ['The same again: ', 'sécret\r'],
    ],
  );
  t.is(status, 0);
  t.regex(screen, /alice is added/);
  t.notRegex(screen, /cret|s.c/);
  t.true(await isPassword(file, 'alice', 'sécret'));
});

test.serial('cli user: two different passwords are refused', async (t) => {
  t.timeout(60_000);
  if (!hasScript(t)) return;
  const { folder, read } = await withUsers(t, 'alice:a\n');
  const { status, screen } = await inTerminal(
    t,
    folder,
    ['passwd', 'alice'],
    [
      ['New password for alice: ', 'one\r'],
      ['The same again: ', 'two\r'],
    ],
  );
  t.is(status, 1);
  t.regex(screen, /the two passwords differ/);
  t.is(await read(), 'alice:a\n');
});

/*
 * What was wrong: "the log of the server says what to mend" was all that was said, and no log said it.
 * How it was reached: `sshome user list` as an account that may not read what is kept of the logins, or not the users either.
 * What this verifies: which file it is, that this account may not read it, and what to do.
 */
test.serial('cli user: files that this account may not read are told, and what to do', async (t) => {
  t.timeout(60_000);
  const { folder, file } = await withUsers(t, 'alice:password\n');
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'logins'), { mode: 0o755 });
  await writeFile(join(folder, 'logins/alice'), '', { mode: 0o000 });
  await chmod(file, 0o644);
  const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const records = await user(folder, ['list'], '', {}, other);
  const cure = "the file can't be read (this account has no right to it): run it as the account that owns the file";
  t.is(records.status, 0);
  t.regex(records.stdout, /^alice .*logins\/alice can't be read; `user show alice` says why/m);
  const shown = await user(folder, ['show', 'alice'], '', {}, other);
  t.deepEqual([shown.status, shown.stdout], [1, '']);
  t.true(shown.stderr.includes(`sshome: logins/alice: ${cure}\n`), shown.stderr);
  t.false(shown.stderr.includes('the log of the server'));
  await chmod(file, 0o000);
  t.is((await user(folder, ['list'], '', {}, other)).stderr, `sshome: id_passwd.txt: ${cure}\n`);
});

test.serial('cli user: ^C at the question ends with status 130 and changes nothing', async (t) => {
  t.timeout(60_000);
  if (!hasScript(t)) return;
  const { folder, read } = await withUsers(t, 'alice:a\n');
  const { status } = await inTerminal(t, folder, ['passwd', 'alice'], [['New password for alice: ', 'half\x03']]);
  t.is(status, 130);
  t.is(await read(), 'alice:a\n');
});
