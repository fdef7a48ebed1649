// OpenSSH's sshd with internal-sftp: its own configuration, host key and port, nothing of the machine's own server.

import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, runProgram } from '../programs.ts';
import { freePort, HOST, startListening } from './listening.ts';
import type { Ground, Peer, Server } from './server.ts';

/** sshd wants to be called by its whole path, since it starts itself again. */
const findSshd = (): Promise<string | undefined> => findProgram('sshd');

async function version(): Promise<string | undefined> {
  const sshd = await findSshd();
  if (sshd === undefined) return undefined;
  // Before 9.3 there was no -V; the usage text it answers with has the version too.
  const { stdout, stderr } = await runProgram(sshd, ['-V']);
  return /OpenSSH_\S+/.exec(stdout + stderr)?.[0].replace(/,$/, '') ?? 'OpenSSH';
}

async function start(ground: Ground): Promise<Server> {
  const sshd = await findSshd();
  if (sshd === undefined) throw new Error('sshd is gone');
  // Where root's sshd parks its unprivileged part; made by the service's unit, which may never have run here.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const keys = join(ground.folder, 'authorized_keys');
  const config = join(ground.folder, 'sshd_config');
  await writeFile(keys, `${ground.keys.publicKey}\n`, { mode: 0o600 });
  await writeFile(
    config,
    [
      `ListenAddress ${HOST}:${port}`,
      `HostKey ${ground.keys.hostKey}`,
      `AuthorizedKeysFile ${keys}`,
      `PidFile ${join(ground.folder, 'sshd.pid')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'StrictModes no',
      'MaxStartups 2000:30:4000',
      ...((await hasPenalties()) ? ['PerSourcePenalties no'] : []),
      `Subsystem sftp internal-sftp -d ${ground.home}`,
      '',
    ].join('\n'),
  );
  return startListening(ground, {
    name: 'openssh',
    user: userInfo().username,
    port,
    program: sshd,
    words: ['-D', '-e', '-f', config],
  });
}

/** Came with 9.8; older ones refuse a configuration that has it. */
async function hasPenalties(): Promise<boolean> {
  const [, major, minor] = /OpenSSH_(\d+)\.(\d+)/.exec((await version()) ?? '') ?? [];
  return Number(major) > 9 || (Number(major) === 9 && Number(minor) >= 8);
}

export const OPENSSH: Peer = { name: 'openssh', debianPackage: 'openssh-server', version, start };
