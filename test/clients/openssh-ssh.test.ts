// OpenSSH's ssh: single commands, the shell with and without a terminal, and what is not served.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { type ProgramOptions, type ProgramResult, runProgram } from '../helpers/program.ts';
import { changingRules } from '../helpers/rules.ts';
import { giveSecondFactor } from '../helpers/second-factor.ts';
import { until } from '../helpers/until.ts';
import { askpass } from './askpass.ts';
import { checksOf } from './client-tests.ts';
import { OPENSSH, opensshFlags, opensshVersion } from './openssh.ts';
import { type Stage, setStage } from './stage.ts';

const check = checksOf({ name: 'OpenSSH ssh', programs: OPENSSH, version: opensshVersion });

interface Bench extends Stage {
  /** `ssh alice@server`, to be followed by what to do there. */
  readonly words: readonly string[];
  ssh(words: readonly string[], options?: ProgramOptions & { flags?: readonly string[] }): Promise<ProgramResult>;
}

async function setUp(t: ExecutionContext): Promise<Bench> {
  const stage = await setStage(t);
  const local = await temporaryFolder(t);
  const { server, logins, knownHosts } = stage;
  const words = [...opensshFlags({ login: logins.key, knownHosts }), '-p', String(server.port), `alice@${server.host}`];
  return {
    ...stage,
    words,
    ssh: (more, { flags = [], ...options } = {}) =>
      runProgram(t, 'ssh', [...flags, ...words, ...more], { folder: local, ...options }),
  };
}

check('logs in by password, and by keyboard-interactive', async (t) => {
  const { server, logins, knownHosts } = await setUp(t);
  const flags = [...opensshFlags({ login: logins.password, knownHosts }), '-p', String(server.port)];
  const environment = { SSHPASS: logins.password.password };
  for (const method of ['password', 'keyboard-interactive']) {
    const words = ['-e', 'ssh', '-o', `PreferredAuthentications=${method}`, ...flags, `alice@${server.host}`, 'whoami'];
    const { status, stdout, stderr } = await runProgram(t, 'sshpass', words, { environment });
    t.is(stdout.toString('utf8'), 'alice\n', `${method}: ${stderr}`);
    t.is(status, 0, method);
  }
});

for (const methods of ['keyboard-interactive', 'password,keyboard-interactive']) {
  check(`gives a one-time code after the password, and a new password (by ${methods})`, async (t) => {
    const { server, logins, knownHosts } = await setUp(t);
    const factor = await giveSecondFactor(server, { mustChange: true });
    const environment = await askpass(t, {
      'New password': 'brand new',
      assword: logins.password.password,
      'One-time code': factor.code(),
    });
    const flags = [...opensshFlags({ login: logins.password, knownHosts }), '-p', String(server.port)];
    const words = ['-o', `PreferredAuthentications=${methods}`, ...flags, `alice@${server.host}`];
    const first = await runProgram(t, 'ssh', [...words, 'whoami'], { environment });
    t.is(first.stdout.toString('utf8'), 'alice\n', first.stderr);
    // The code is used up, and the old password is no more.
    t.is((await runProgram(t, 'ssh', [...words, 'whoami'], { environment })).status, 255);
    const again = await askpass(t, { assword: 'brand new', 'One-time code': factor.recoveryCode() });
    t.is((await runProgram(t, 'ssh', [...words, 'whoami'], { environment: again })).status, 0);
  });
}

check('gives a key and the password where a role demands both', async (t) => {
  const rules = changingRules({ users: { alice: { roles: ['both'] } }, roles: { both: [['publickey', 'password']] } });
  const { server, logins, knownHosts } = await setStage(t, {}, rules);
  const flags = opensshFlags({ login: logins.key, knownHosts });
  const words = [...flags, '-p', String(server.port), `alice@${server.host}`, 'whoami'];
  const environment = await askpass(t, { assword: logins.password.password });
  // Of an option that is given twice, the first counts.
  const both = await runProgram(t, 'ssh', ['-o', 'BatchMode=no', ...words], { environment });
  t.is(both.stdout.toString('utf8'), 'alice\n', both.stderr);
  const alone = await runProgram(t, 'ssh', words);
  t.is(alone.status, 255);
  t.regex(alone.stderr, /Permission denied \(password,keyboard-interactive\)/);
});

check('gives a command its output, its errors and its exit status', async (t) => {
  const { home, ssh } = await setUp(t);
  await writeFile(join(home, 'a.txt'), 'hello');
  const list = await ssh(['list']);
  t.deepEqual([list.status, list.stdout.toString('utf8'), list.stderr], [0, 'a.txt\n', '']);
  const missing = await ssh(['preview', 'missing']);
  t.is(missing.status, 1);
  t.is(missing.stdout.length, 0);
  t.regex(missing.stderr, /missing: No such file or directory/);
  t.is((await ssh(['preview', '--nonsense', 'a.txt'])).status, 2);
  const unknown = await ssh(['lst']);
  t.is(unknown.status, 127);
  t.regex(unknown.stderr, /list/);
});

check('uploads and downloads byte for byte', async (t) => {
  const { home, ssh } = await setUp(t);
  const content = randomBytes(3_000_000);
  const up = await ssh(['upload', 'a.bin'], { input: content });
  t.is(up.status, 0, up.stderr);
  const down = await ssh(['download', 'a.bin']);
  t.is(down.status, 0, down.stderr);
  t.true(down.stdout.equals(content));
  t.true((await readFile(join(home, 'a.bin'))).equals(content));
});

check('sees the first 1024 bytes in a preview, as they are', async (t) => {
  const { home, ssh } = await setUp(t);
  const content = randomBytes(5000);
  await writeFile(join(home, 'a.bin'), content);
  t.deepEqual((await ssh(['preview', 'a.bin'])).stdout, content.subarray(0, 1024));
});

check('brings no word to a system shell', async (t) => {
  const { ssh } = await setUp(t);
  const lines = ['id', 'sh -c id', 'list; id', 'list $(id)', 'list `id`', 'list | id', 'list && id', 'node -v'];
  for (const line of lines) {
    const { status, stdout, stderr } = await ssh([line]);
    t.not(status, 0, line);
    t.false(/uid=|v\d+\./.test(stdout.toString('utf8') + stderr), line);
  }
});

check('has every forwarding refused', async (t) => {
  const { server, ssh } = await setUp(t);
  const self = `127.0.0.1:${server.port}`;
  t.not((await ssh([], { flags: ['-W', self] })).status, 0);
  t.not((await ssh(['pwd'], { flags: ['-R', `0:${self}`, '-o', 'ExitOnForwardFailure=yes'] })).status, 0);
  for (const flag of ['-A', '-X']) {
    const asked = await ssh(['pwd'], { flags: [flag], environment: { DISPLAY: ':99', SSH_AUTH_SOCK: '' } });
    t.is(asked.stdout.toString('utf8'), '/\n', flag);
  }
});

check('is greeted by a prompt at a terminal, and quit ends with status 0', async (t) => {
  const { ssh } = await setUp(t);
  const { status, stdout } = await ssh([], { flags: ['-tt'], input: 'pwd\rquit\r' });
  t.is(status, 0);
  const screen = stdout.toString('utf8');
  t.true(screen.includes('alice@sshome:/$ '), screen);
  t.true(screen.includes('\r\n/\r\n'), screen);
});

check('has a terminal that completes, recalls and stops', async (t) => {
  const { home, words } = await setUp(t);
  await writeFile(join(home, 'a rather long name'), 'typed');
  const child = spawn('ssh', ['-tt', ...words], { env: { ...process.env, TERM: 'xterm' } });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('close', resolve));
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  const shows = (text: string, times = 1): Promise<void> => until(() => screen.split(text).length > times);
  await shows('$ ');
  child.stdin.write('cat a\t\r');
  await shows('typed');
  child.stdin.write('\x1b[A\r');
  await shows('typed', 2);
  child.stdin.write('upload never\x03');
  await shows('^C');
  child.stdin.write('exit 7\r');
  t.is(await ended, 7);
});

check('has a shell without a terminal that takes commands from the input', async (t) => {
  const { home, ssh } = await setUp(t);
  const { status, stdout } = await ssh([], { flags: ['-T'], input: 'mkdir made\ncd made\npwd\nquit\n' });
  t.is(status, 0);
  t.true(stdout.toString('utf8').endsWith('/made\n'));
  t.true((await stat(join(home, 'made'))).isDirectory());
});

check('runs many commands over one connection (ControlMaster)', async (t) => {
  const { server, words, ssh } = await setUp(t);
  const control = join(server.folder, 'control');
  const master = spawn('ssh', ['-M', '-N', '-S', control, ...words]);
  t.teardown(() => master.kill('SIGKILL'));
  await until(() => exists(control));
  for (let turn = 0; turn < 3; turn += 1) {
    const flags = ['-S', control];
    const answers = await Promise.all(['one', 'two', 'three', 'four'].map((word) => ssh(['echo', word], { flags })));
    t.deepEqual(
      answers.map(({ stdout }) => stdout.toString('utf8')),
      ['one\n', 'two\n', 'three\n', 'four\n'],
    );
  }
  t.is((await server.records()).filter(({ event }) => event === 'session.login').length, 1);
});

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
