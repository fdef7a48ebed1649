// A machine inside the machine, with a user "tim" who has a password, keys and a home, for suites that log in as a person
// does: its own mounts and network, OpenSSH's sshd and sshome side by side. Root's power to pass over permission bits is
// left outside, so that tests of them mean something. Needs root: sshd checks passwords for root alone.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../../helpers/folder.ts';
import { until } from '../../helpers/until.ts';
import { mustRun } from '../must-run.ts';
import { prepareSshd, SSHD_PROGRAMS } from './own-sshd.ts';

export const USER_MACHINE_PROGRAMS: Readonly<Record<string, string>> = {
  ...SSHD_PROGRAMS,
  unshare: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  openssl: 'openssl',
};

/** One of the two servers, as tim sees it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** The folder, on the disk, in which his sessions begin; called "tim". */
  readonly home: string;
  /** The same folder as the server names it, without a slash at its end. */
  readonly remoteHome: string;
  /** Its host key, as a line of a `.pub` file. */
  readonly hostKey: string;
}

export interface UserMachine {
  readonly user: string;
  readonly password: string;
  readonly keyFile: string;
  /** A key that `passphrase` opens. */
  readonly lockedKeyFile: string;
  readonly passphrase: string;
  readonly openssh: Place;
  readonly sshome: Place;
  readonly inside: Inside;
  /** How many lines sshome's log has: what shows that the tests came by. */
  records(): Promise<number>;
}

/** A command as it is to be run outside, so that it runs inside with this working folder. */
export type Inside = (folder: string, command: readonly string[]) => [program: string, words: readonly string[]];

const USER = 'tim';
const PASSWORD = 'tim has a password';
const PASSPHRASE = 'tim has a passphrase';
const HOST = '127.0.0.1';
// Not 22: AsyncSSH's tests write known_hosts for any other.
const PORTS = { openssh: 2021, sshome: 2022 } as const;

const ROOTS_POWER = ['dac_override', 'dac_read_search'];

// Ends when its input does, and with it the namespaces. What is not temporary is read-only: some tests write to "/". The
// route has no delayed acknowledgements, which cost clients that wait for each answer 40 ms a request.
const HOLD = `
set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount --bind "$2" "$2"
mount -o remount,bind,ro /
ip link set lo up
ip route replace local 127.0.0.1 dev lo table local quickack 1
echo ready
exec cat`;

/** Whether this process may make such a machine; without, the test is passed over with a word. */
export function mayBeRoot(t: ExecutionContext): boolean {
  if (process.getuid?.() === 0) return true;
  t.log('passed over: sshd checks passwords for root alone');
  t.pass();
  return false;
}

/** Starts both servers; they end with `t`. */
export async function startUserMachine(t: ExecutionContext): Promise<UserMachine> {
  const folder = await temporaryFolder(t);
  const file = (...names: readonly string[]): string => join(folder, ...names);
  const homes = { openssh: file('openssh', USER), sshome: file('sshome', USER) };
  for (const home of Object.values(homes)) await mkdir(home, { recursive: true, mode: 0o700 });
  await makeKeys(t, file);
  await makeAccounts(t, file, homes.openssh);
  const inside = await startNamespaces(t, folder);
  await startSshd(t, file, inside);
  await startSshome(t, file, inside);
  const place = async (server: keyof typeof PORTS, remoteHome: string, hostKeyFile: string): Promise<Place> => ({
    host: HOST,
    port: PORTS[server],
    home: homes[server],
    remoteHome,
    hostKey: await readFile(hostKeyFile, 'utf8'),
  });
  return {
    user: USER,
    password: PASSWORD,
    keyFile: file('key'),
    lockedKeyFile: file('locked_key'),
    passphrase: PASSPHRASE,
    openssh: await place('openssh', homes.openssh, file('host_key.pub')),
    sshome: await place('sshome', '', file('keys', 'ssh_host_ed25519_key.pub')),
    inside,
    records: async () => (await readFile(file('log.jsonl'), 'utf8')).split('\n').length,
  };
}

type FileOf = (...names: readonly string[]) => string;

async function makeKeys(t: ExecutionContext, file: FileOf): Promise<void> {
  for (const [name, passphrase] of [
    ['host_key', ''],
    ['key', ''],
    ['locked_key', PASSPHRASE],
  ] as const) {
    await mustRun(t, 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file(name)]);
  }
}

/** Of both servers; he has the number of root, so that every file here is his. */
async function makeAccounts(t: ExecutionContext, file: FileOf, home: string): Promise<void> {
  const secret = (await mustRun(t, 'openssl', ['passwd', '-6', '-stdin'], { input: `${PASSWORD}\n` })).toString('utf8');
  await copyFile('/etc/passwd', file('passwd'));
  await appendFile(file('passwd'), `${USER}:x:0:0::${home}:/bin/sh\n`);
  await writeFile(file('shadow'), `${USER}:${secret.trim()}:19000:0:99999:7:::\n`, { mode: 0o600 });
  const keys = [await readFile(file('key.pub'), 'utf8'), await readFile(file('locked_key.pub'), 'utf8')].join('');
  await mkdir(file('authorized_keys'), { mode: 0o700 });
  await writeFile(file('authorized_keys', USER), keys, { mode: 0o600 });
  await writeFile(file('id_passwd.txt'), `${USER}:${PASSWORD}\n`, { mode: 0o600 });
}

async function startNamespaces(t: ExecutionContext, folder: string): Promise<Inside> {
  const words = ['--mount', '--net', '--propagation', 'private', 'sh', '-c', HOLD, 'sh', folder, tmpdir()];
  const holder = await started(t, ['unshare', words], /^ready$/m);
  const enter = ['--target', String(holder.pid), '--mount', '--net'];
  const drop = `--bounding-set=${ROOTS_POWER.map((power) => `-${power}`).join(',')}`;
  return (place, command) => ['nsenter', [...enter, 'setpriv', drop, 'env', `--chdir=${place}`, ...command]];
}

async function startSshd(t: ExecutionContext, file: FileOf, inside: Inside): Promise<void> {
  await prepareSshd();
  const settings = [
    `Port ${PORTS.openssh}`,
    `ListenAddress ${HOST}`,
    `HostKey ${file('host_key')}`,
    `AuthorizedKeysFile ${file('authorized_keys', USER)}`,
    'StrictModes no',
    'PidFile none',
    'UsePAM no',
    'PermitRootLogin yes',
    'Subsystem sftp internal-sftp',
    '',
  ];
  await writeFile(file('sshd_config'), settings.join('\n'));
  await started(t, inside('/', ['/usr/sbin/sshd', '-D', '-e', '-f', file('sshd_config')]), /Server listening/);
}

async function startSshome(t: ExecutionContext, file: FileOf, inside: Inside): Promise<void> {
  const flags = [
    ...[
      '--host',
      HOST,
      '--port',
      String(PORTS.sshome),
      '--grace',
      '0',
      '--keys',
      file('keys'),
      '--homes',
      file('sshome'),
    ],
    ...['--credentials', file('id_passwd.txt'), '--state', file('state'), '--log-file', file('log.jsonl')],
  ];
  const program = [process.execPath, inRepository('build/src/main.js'), 'serve', ...flags];
  await started(t, inside(file(), program), /listening on ssh:/);
}

/** Starts a server and waits for the line that says it is up; ends it with `t`. */
async function started(t: ExecutionContext, [program, words]: ReturnType<Inside>, line: RegExp): Promise<ChildProcess> {
  const child = spawn(program, words);
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGTERM');
    await gone;
  });
  let output = '';
  const take = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  await until(() => line.test(output) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`${program} did not start: ${output}`);
  return child;
}
