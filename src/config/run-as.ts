// From root to an ordinary user, once the port is open and the keys are read.

import { chown, lchown, readFile } from 'node:fs/promises';

/** The user can't be become; the message says why. */
export class BecomeUserError extends Error {
  override readonly name = 'BecomeUserError';
}

/**
 * Makes this process the process of `user`, with that user's groups, for good. Files and folders of `belongings` that
 * exist are given to the user first, and those `inside` of them, too: what root made there could not be written any more.
 *
 * @throws BecomeUserError
 */
export async function becomeUser(
  user: string,
  { belongings, inside }: { readonly belongings: readonly string[]; readonly inside: readonly string[] },
): Promise<void> {
  if (process.getuid?.() !== 0) throw new BecomeUserError(`--run-as ${user}: only root can become another user`);
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((row) => row.startsWith(`${user}:`));
  const [, , uid = '', gid = ''] = line?.split(':') ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw new BecomeUserError(`--run-as ${user}: this machine has no such user`);
  if (uid === '0') throw new BecomeUserError(`--run-as ${user}: this is root itself`);
  const unlessMissing = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'ENOENT') throw error;
  };
  for (const path of belongings) await chown(path, Number(uid), Number(gid)).catch(unlessMissing);
  // The user may have put a link there meanwhile, to a file that is not to be had.
  for (const path of inside) await lchown(path, Number(uid), Number(gid)).catch(unlessMissing);
  (process as NodeJS.Process & { initgroups(user: string, gid: number): void }).initgroups(user, Number(gid));
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
  if (process.getuid?.() !== Number(uid) || process.geteuid?.() !== Number(uid)) {
    throw new BecomeUserError(`--run-as ${user}: the system did not change the user`);
  }
}
