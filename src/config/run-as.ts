// From root to an ordinary user, once the port is open and the keys are read.

import { chown, readFile } from 'node:fs/promises';

/** The user can't be become; the message says why. */
export class BecomeUserError extends Error {
  override readonly name = 'BecomeUserError';
}

/**
 * Makes this process the process of `user`, with that user's groups, for good. Files and folders of `belongings` that
 * exist are given to the user first: what root made there could not be written any more.
 *
 * @throws BecomeUserError
 */
export async function becomeUser(user: string, belongings: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new BecomeUserError(`--run-as ${user}: only root can become another user`);
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((row) => row.startsWith(`${user}:`));
  const [, , uid = '', gid = ''] = line?.split(':') ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw new BecomeUserError(`--run-as ${user}: this machine has no such user`);
  if (uid === '0') throw new BecomeUserError(`--run-as ${user}: this is root itself`);
  for (const path of belongings) {
    await chown(path, Number(uid), Number(gid)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  (process as NodeJS.Process & { initgroups(user: string, gid: number): void }).initgroups(user, Number(gid));
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
  if (process.getuid?.() !== Number(uid) || process.geteuid?.() !== Number(uid)) {
    throw new BecomeUserError(`--run-as ${user}: the system did not change the user`);
  }
}
