// How OpenSSH's programs are told where to go and as whom.

import type { ProgramOptions } from '../helpers/program.ts';
import type { Lifetime, Target } from './driver.ts';
import { mustRun, versionLine } from './must-run.ts';

export const OPENSSH: Readonly<Record<string, string>> = {
  ssh: 'openssh-client',
  sftp: 'openssh-client',
  scp: 'openssh-client',
  sshpass: 'sshpass',
};

/** Flags for ssh, sftp and scp alike: nothing of the machine's own configuration, and no question asked. */
export function opensshFlags({ login, knownHosts, rekeyBytes }: Omit<Target, 'server' | 'local'>): string[] {
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=none',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    // "sftp -b" would set BatchMode, with which no password is asked for.
    ...(login.method === 'key'
      ? [`IdentityFile=${login.privateKeyFile}`, 'BatchMode=yes']
      : ['PubkeyAuthentication=no', 'BatchMode=no']),
    ...(rekeyBytes === undefined ? [] : [`RekeyLimit=${rekeyBytes}`]),
  ];
  return ['-F', 'none', ...options.flatMap((option) => ['-o', option])];
}

/** `alice@host`, as ssh and sftp have it. */
export function destinationOf({ server }: Pick<Target, 'server'>): string {
  return `alice@${server.host}`;
}

/** Runs one of the programs in the client's folder, behind sshpass for a password; rejects when it fails. */
export function runOpenssh(
  t: Lifetime,
  program: 'ssh' | 'sftp' | 'scp',
  words: readonly string[],
  { target, ...options }: ProgramOptions & { target: Target },
): Promise<Buffer> {
  const { login, local } = target;
  const whole = [...opensshFlags(target), ...words];
  if (login.method === 'key') return mustRun(t, program, whole, { folder: local, ...options });
  const environment = { SSHPASS: login.password };
  return mustRun(t, 'sshpass', ['-e', program, ...whole], { folder: local, environment, ...options });
}

export async function opensshVersion(t: Lifetime): Promise<string> {
  return versionLine(t, 'ssh', ['-V']);
}

/** The word with a backslash before every character that sftp, scp or a shell would take for something else. */
export function backslashed(word: string): string {
  return word.replace(/[\u0001-\u0020!-,:-@[-^`{-\u007f]/g, '\\$&');
}
