// ProFTPD with mod_sftp: one process for each session, in C.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, runProgram, runWell } from '../programs.ts';
import { freePort, HOST, startListening } from './listening.ts';
import type { Ground, Peer, Server } from './server.ts';

const USER = 'bench';
const MODULES = '/usr/lib/proftpd';

async function version(): Promise<string | undefined> {
  const proftpd = await findProgram('proftpd');
  if (proftpd === undefined || (await findProgram('ssh-keygen')) === undefined) return undefined;
  const { stdout, stderr } = await runProgram(proftpd, ['-v']);
  return (stdout + stderr).trim().split('\n')[0];
}

async function start(ground: Ground): Promise<Server> {
  const proftpd = await findProgram('proftpd');
  if (proftpd === undefined) throw new Error('proftpd is gone');
  const port = await freePort();
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const inFolder = (name: string): string => join(ground.folder, name);
  // It reads keys in the form of RFC 4716 only.
  await writeFile(inFolder('key.pub'), `${ground.keys.publicKey}\n`);
  const { stdout: rfc4716 } = await runWell('ssh-keygen', ['-e', '-m', 'RFC4716', '-f', inFolder('key.pub')]);
  await writeFile(inFolder('authorized_keys'), rfc4716, { mode: 0o600 });
  await writeFile(inFolder('passwd'), `${USER}:!:${uid}:${gid}::${ground.home}:/bin/false\n`, { mode: 0o600 });
  await writeFile(inFolder('group'), `bench:!:${gid}:\n`, { mode: 0o600 });
  const config = inFolder('proftpd.conf');
  await writeFile(
    config,
    [
      `ModulePath ${MODULES}`,
      'LoadModule mod_sftp.c',
      'ServerType standalone',
      'DefaultServer on',
      'UseIPv6 off',
      `DefaultAddress ${HOST}`,
      `Port ${port}`,
      `User #${uid}`.replace('#0', 'root'),
      `Group #${gid}`.replace('#0', 'root'),
      'MaxInstances none',
      'RootLogin on',
      'RequireValidShell off',
      'UseFtpUsers off',
      'WtmpLog off',
      'AllowOverwrite on',
      'AllowStoreRestart on',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${inFolder('passwd')}`,
      `AuthGroupFile ${inFolder('group')}`,
      `PidFile ${inFolder('proftpd.pid')}`,
      `ScoreboardFile ${inFolder('scoreboard')}`,
      `DelayTable ${inFolder('delay')}`,
      'DelayEngine off',
      'SFTPEngine on',
      `SFTPHostKey ${ground.keys.hostKey}`,
      'SFTPAuthMethods publickey',
      `SFTPAuthorizedUserKeys file:${inFolder('authorized_keys')}`,
      '',
    ].join('\n'),
  );
  return startListening(ground, {
    name: 'proftpd',
    user: USER,
    port,
    program: proftpd,
    words: ['-n', '-q', '-c', config],
  });
}

export const PROFTPD: Peer = {
  name: 'proftpd',
  debianPackage: 'proftpd-basic and proftpd-mod-crypto',
  version,
  start,
};
