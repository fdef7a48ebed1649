// From root to an ordinary user, once the port is open and the keys are read.

import type { Stats } from 'node:fs';
import { access, chown, constants, lchown, lstat, readFile } from 'node:fs/promises';

/** The user can't be become; the message says why. */
export class BecomeUserError extends Error {
  override readonly name = 'BecomeUserError';
}

/** What the user will work with. What is not there is passed over. */
export interface Possessions {
  /** Files and folders that are given to the user: what root made could not be written any more. */
  readonly belongings: readonly string[];
  /** What is in them. */
  readonly inside: readonly string[];
  /** What is followed while the server runs: whoever could not read it would go on by what it said at the start. */
  readonly followed: readonly string[];
}

/**
 * Makes this process the process of `user`, with that user's groups, for good, and gives the user what is needed.
 *
 * @throws BecomeUserError
 */
export async function becomeUser(user: string, { belongings, inside, followed }: Possessions): Promise<void> {
  if (process.getuid?.() !== 0) throw new BecomeUserError(`--run-as ${user}: only root can become another user`);
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((row) => row.startsWith(`${user}:`));
  const [, , uid = '', gid = ''] = line?.split(':') ?? [];
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw new BecomeUserError(`--run-as ${user}: this machine has no such user`);
  if (uid === '0') throw new BecomeUserError(`--run-as ${user}: this is root itself`);
  const who = { user, uid: Number(uid), gid: Number(gid) };
  for (const path of belongings) await give(path, who, { throughLink: true });
  for (const path of inside) await give(path, who, { throughLink: false });
  (process as NodeJS.Process & { initgroups(user: string, gid: number): void }).initgroups(user, Number(gid));
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
  if (process.getuid?.() !== Number(uid) || process.geteuid?.() !== Number(uid)) {
    throw new BecomeUserError(`--run-as ${user}: the system did not change the user`);
  }
  await requireReadable(followed, user);
}

/**
 * Gives one file or folder away. The user may have put a link there since an earlier start, to a file that is not to be had:
 * a link is gone through only if root made it, and a file with a second name may be somebody else's.
 */
async function give(
  path: string,
  { user, uid, gid }: { readonly user: string; readonly uid: number; readonly gid: number },
  { throughLink }: { readonly throughLink: boolean },
): Promise<void> {
  const stats = await lstatIfThere(path);
  if (stats === undefined) return;
  const refuse = (why: string): never => {
    throw new BecomeUserError(`--run-as ${user}: ${path} ${why}`);
  };
  if (stats.isFile() && stats.nlink > 1 && stats.uid !== uid) refuse('has another name, too, and is not given away');
  if (!stats.isSymbolicLink() || !throughLink) return lchown(path, uid, gid);
  if (stats.uid !== 0) refuse('is a link that root did not make, so what it leads to is not given away');
  await chown(path, uid, gid);
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function requireReadable(paths: readonly string[], user: string): Promise<void> {
  for (const path of paths) {
    const stats = await lstatIfThere(path);
    if (stats === undefined) continue;
    try {
      await access(path, constants.R_OK | (stats.isDirectory() ? constants.X_OK : 0));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new BecomeUserError(
        `--run-as ${user}: ${user} can't read ${path} (${code}), so no change of it would count; ` +
          `give it with: chown ${stats.isDirectory() ? '-R ' : ''}${user} ${path}`,
      );
    }
  }
}
