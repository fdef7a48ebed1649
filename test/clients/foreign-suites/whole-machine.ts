// sshome with the whole machine as alice's home, so that tests written for a server that sees every path can be pointed
// at it; and stand-ins for the programs that those tests start: `sftp-server`, `ssh` and `scp`.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository, temporaryFolder } from '../../helpers/folder.ts';
import { makeKeyPair } from '../../helpers/key-pair.ts';
import { runProgram } from '../../helpers/program.ts';
import { until } from '../../helpers/until.ts';
import type { Lifetime } from '../driver.ts';

export const WHOLE_MACHINE_PROGRAMS: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  mount: 'mount',
  ssh: 'openssh-client',
};

export interface Commands {
  /** Speaks SFTP on its input and output; `-R` makes it read-only. Other words are passed over. */
  readonly sftpServer: string;
  /** As OpenSSH's `ssh`, whatever host it is told. */
  readonly ssh: string;
  /** As OpenSSH's `scp`, of which the server's side runs in sshome. */
  readonly scp: string;
}

export interface WholeMachine {
  readonly commands: Commands;
  /** How many lines the log has: what shows that the tests came by here. */
  records(): Promise<number>;
}

const PASSWORD = 'whole machine';

// "alice" may write; "bob" has the same home, read-only. Only this process and its children see the mounts.
const MOUNT = `
set -e
mount --rbind / "$1/bob"
mount --bind "$2" "$1/bob$2"
mount -o remount,bind,ro "$1/bob$2"
mount -o remount,bind,ro "$1/bob"
mount --rbind / "$1/alice"
shift 2
exec "$@"`;

/** Starts the server; it ends with `t`. */
export async function startWholeMachine(t: Lifetime): Promise<WholeMachine> {
  const folder = await temporaryFolder(t);
  await makeAccounts(folder);
  const logFile = join(folder, 'log.jsonl');
  const port = await startServer(t, folder, logFile);
  const config = join(folder, 'ssh_config');
  await writeFile(config, configText(folder, port));
  for (const user of ['alice', 'bob']) await startMaster(t, config, user);
  return {
    commands: await writeCommands(folder, config),
    records: async () => (await readFile(logFile, 'utf8')).split('\n').length,
  };
}

async function makeAccounts(folder: string): Promise<void> {
  const pair = makeKeyPair('ed25519');
  await writeFile(join(folder, 'key'), pair.private, { mode: 0o600 });
  await mkdir(join(folder, 'authorized_keys'), { mode: 0o700 });
  const users = ['alice', 'bob'];
  for (const user of users) {
    await mkdir(join(folder, 'homes', user), { recursive: true });
    await writeFile(join(folder, 'authorized_keys', user), `${pair.public}\n`, { mode: 0o600 });
  }
  const lines = users.map((user) => `${user}:${PASSWORD}\n`).join('');
  await writeFile(join(folder, 'id_passwd.txt'), lines, { mode: 0o600 });
}

async function startServer(t: Lifetime, folder: string, logFile: string): Promise<number> {
  const isRoot = process.getuid?.() === 0;
  const child = spawn(
    'unshare',
    [
      ...(isRoot ? [] : ['--map-root-user']),
      ...['--mount', '--propagation', 'private', 'sh', '-c', MOUNT, 'sh', join(folder, 'homes'), tmpdir()],
      ...[process.execPath, inRepository('build/src/main.js'), 'serve', '--port', '0', '--grace', '0'],
      ...['--keys', inRepository('build/test-host-keys'), '--log-file', logFile],
    ],
    { cwd: folder },
  );
  t.teardown(() => ended(child));
  let output = '';
  const take = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const address = /listening on ssh:\/\/\S+:(\d+)$/m;
  await until(() => address.test(output) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the server for the whole machine did not start: ${output}`);
  return Number(address.exec(output)?.[1]);
}

function configText(folder: string, port: number): string {
  return [
    'Host *',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `IdentityFile ${join(folder, 'key')}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking no',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'LogLevel ERROR',
    `ControlPath ${join(folder, '%r')}`,
    '',
  ].join('\n');
}

/** One connection for each user, which all the stand-ins share. */
async function startMaster(t: Lifetime, config: string, user: string): Promise<void> {
  const child = spawn('ssh', ['-F', config, '-MN', `${user}@sshome`]);
  t.teardown(() => ended(child));
  const isUp = async (): Promise<boolean> =>
    (await runProgram(t, 'ssh', ['-F', config, '-O', 'check', `${user}@sshome`])).status === 0;
  await until(isUp);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill('SIGTERM');
  await gone;
}

async function writeCommands(folder: string, config: string): Promise<Commands> {
  const connect = `exec /usr/bin/ssh -F ${config}`;
  const scripts: Record<keyof Commands, { file: string; text: string }> = {
    sftpServer: {
      file: 'sftp-server',
      text: `user=alice; for word; do [ "$word" != -R ] || user=bob; done\n${connect} -s $user@sshome sftp`,
    },
    // Everything behind "--" is the host, which is left out, and the command.
    ssh: {
      file: 'ssh',
      text: [
        'for word; do [ "$word" != -- ] || remote=yes; done',
        '[ "$remote" ] || exec /usr/bin/ssh "$@"',
        'subsystem=; while [ "$1" != -- ]; do [ "$1" != -s ] || subsystem=-s; shift; done; shift 2',
        `${connect} $subsystem alice@sshome "$@"`,
      ].join('\n'),
    },
    // The tests start it for both sides, the server's with -t or -f.
    scp: {
      file: 'scp',
      text: [
        'for word; do case "$word" in -t|-f) server=yes;; esac; done',
        '[ "$server" ] || exec /usr/bin/scp "$@"',
        `command=scp; for word; do command="$command '$word'"; done`,
        `${connect} alice@sshome "$command"`,
      ].join('\n'),
    },
  };
  for (const { file, text } of Object.values(scripts)) {
    await writeFile(join(folder, file), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const path = (command: keyof Commands): string => join(folder, scripts[command].file);
  return { sftpServer: path('sftpServer'), ssh: path('ssh'), scp: path('scp') };
}
