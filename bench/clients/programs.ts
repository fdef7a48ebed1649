// The clients that are compared with ours: how each is told to fetch or send one file, as a whole program.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../programs.ts';
import { inRepository } from '../repository.ts';
import { opensshOptions, type Target } from './openssh-options.ts';

/** One file to move: its path here, and its name in the home there. */
export interface Errand {
  readonly target: Target;
  readonly privateKey: string;
  readonly local: string;
  readonly remote: string;
  /** A folder for what the program wants written down. */
  readonly scratch: string;
}

interface CommandLine {
  readonly program: string;
  readonly words: readonly string[];
}

export interface ClientProgram {
  readonly name: string;
  /** Nothing for those that come with this checkout. */
  readonly debianPackage?: string;
  get(errand: Errand): Promise<CommandLine>;
  put(errand: Errand): Promise<CommandLine>;
}

const sshome: ClientProgram = {
  name: 'sshome',
  get: async (errand) => sshomeLine('download', errand, [remoteOf(errand), errand.local]),
  put: async (errand) => sshomeLine('upload', errand, [errand.local, remoteOf(errand)]),
};

function remoteOf({ target: { user, host }, remote }: Errand): string {
  return `${user}@${host}:${remote}`;
}

function sshomeLine(verb: string, { target, privateKey, scratch }: Errand, paths: readonly string[]): CommandLine {
  const connection = ['-P', String(target.port), '-i', privateKey, '--accept-new'];
  const knownHosts = ['--known-hosts', join(scratch, 'known_hosts')];
  const program = inRepository('dist/main.cjs');
  return { program: process.execPath, words: [program, verb, ...connection, ...knownHosts, ...paths] };
}

const sftp: ClientProgram = {
  name: 'sftp',
  debianPackage: 'openssh-client',
  get: ({ remote, local, ...errand }) => sftpLine(errand, `get ${remote} ${local}`),
  put: ({ remote, local, ...errand }) => sftpLine(errand, `put ${local} ${remote}`),
};

async function sftpLine(errand: Omit<Errand, 'local' | 'remote'>, command: string): Promise<CommandLine> {
  const { target, privateKey, scratch } = errand;
  const batch = join(scratch, 'sftp-batch');
  await writeFile(batch, `${command}\n`);
  const options = [...opensshOptions(privateKey, {}), '-q', '-b', batch, '-P', String(target.port)];
  return { program: 'sftp', words: [...options, `${target.user}@${target.host}`] };
}

const lftp: ClientProgram = {
  name: 'lftp',
  debianPackage: 'lftp',
  get: async ({ remote, local, ...errand }) => lftpLine(errand, `get ${remote} -o ${local}`),
  put: async ({ remote, local, ...errand }) => lftpLine(errand, `put ${local} -o ${remote}`),
};

function lftpLine({ target, privateKey }: Omit<Errand, 'local' | 'remote'>, command: string): CommandLine {
  const { host, port, user } = target;
  const ssh = ['ssh', '-a', '-x', ...opensshOptions(privateKey, {})].join(' ');
  const script = [
    `set sftp:connect-program "${ssh}"`,
    'set cmd:fail-exit yes',
    'set net:max-retries 1',
    // An empty password would be asked for.
    `open -u ${user},none sftp://${host}:${port}`,
    command,
  ];
  return { program: 'lftp', words: ['--norc', '-c', script.join('; ')] };
}

const rclone: ClientProgram = {
  name: 'rclone',
  debianPackage: 'rclone',
  get: ({ local, ...errand }) => rcloneLine(errand, (remote) => [remote, local]),
  put: ({ local, ...errand }) => rcloneLine(errand, (remote) => [local, remote]),
};

async function rcloneLine(
  { target, privateKey, remote, scratch }: Omit<Errand, 'local'>,
  between: (remote: string) => readonly string[],
): Promise<CommandLine> {
  const config = join(scratch, 'rclone.conf');
  await writeFile(config, '');
  // It compares checksums after a transfer, by commands on the server; the others do not, so it is told not to.
  const { host, port, user } = target;
  const connection = `:sftp,host=${host},port=${port},user=${user},key_file=${privateKey},disable_hashcheck=true:`;
  return { program: 'rclone', words: ['--config', config, 'copyto', ...between(connection + remote)] };
}

const ssh2SftpClient: ClientProgram = {
  name: 'ssh2-sftp-client',
  get: async (errand) => libraryLine('get', errand),
  put: async (errand) => libraryLine('put', errand),
};

function libraryLine(direction: string, { target, privateKey, local, remote }: Errand): CommandLine {
  const program = inRepository('build/bench/clients/ssh2-sftp-client-program.js');
  const { host, port, user } = target;
  return {
    program: process.execPath,
    words: [program, direction, host, String(port), user, privateKey, local, remote],
  };
}

const CLIENTS: readonly ClientProgram[] = [sshome, sftp, lftp, rclone, ssh2SftpClient];

/** Those that this machine has; `onMissing` is told of each that it has not. */
export async function installedClients(onMissing: (client: ClientProgram) => void): Promise<ClientProgram[]> {
  const installed: ClientProgram[] = [];
  for (const client of CLIENTS) {
    if (client.debianPackage === undefined || (await findProgram(client.name)) !== undefined) installed.push(client);
    else onMissing(client);
  }
  return installed;
}
