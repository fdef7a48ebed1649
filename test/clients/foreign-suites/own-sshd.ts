// OpenSSH's own sshd, for one test: what sshome is compared with.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../../helpers/folder.ts';
import { until } from '../../helpers/until.ts';
import type { Lifetime } from '../driver.ts';
import { mustRun } from '../must-run.ts';

export const SSHD_PROGRAMS: Readonly<Record<string, string>> = {
  '/usr/sbin/sshd': 'openssh-server',
  'ssh-keygen': 'openssh-client',
};

/** Where sshd, started by root, wants to find an empty folder. */
const PRIVILEGE_SEPARATION = '/run/sshd';

export interface OwnSshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFile: string;
}

/** Makes the folder that sshd needs when root starts it, as the package does when the machine boots. */
export async function prepareSshd(): Promise<void> {
  if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
}

/** Starts sshd; SFTP begins in the folder `home`, and the user of this process logs in by `privateKeyFile`. */
export async function startSshd(t: Lifetime, home: string): Promise<OwnSshd> {
  await prepareSshd();
  const folder = await temporaryFolder(t);
  const file = (name: string): string => join(folder, name);
  for (const name of ['host_key', 'key']) {
    await mustRun(t, 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host_key')}`,
    `AuthorizedKeysFile ${file('key.pub')}`,
    'StrictModes no',
    'PidFile none',
    'UsePAM no',
    'PermitRootLogin yes',
    `Subsystem sftp internal-sftp -d ${home}`,
    '',
  ];
  await writeFile(file('sshd_config'), settings.join('\n'));
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')]);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString('utf8');
  });
  t.teardown(async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGTERM');
    await gone;
  });
  await until(() => said.includes('Server listening') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`sshd did not start: ${said}`);
  return { host: '127.0.0.1', port, user: userInfo().username, privateKeyFile: file('key') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
