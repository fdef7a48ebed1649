// Replaces a small file in one step: whoever reads it sees the old content or the new, whole, whatever happens between
// (a full disk, a lost process, a power cut).

import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chown, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from '../text-files/small-file.ts';

/**
 * Puts `bytes` in the place of `file`, which is no link. Keeps mode and owner; a new file gets mode 0600 and, when
 * root makes it, the owner of its folder: a server that runs as that owner must read it. `beforeCommit` may throw, and
 * nothing has happened then.
 */
export async function replaceFile(file: string, bytes: Uint8Array, beforeCommit?: () => Promise<void>): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.new-${randomBytes(6).toString('hex')}`);
  const old = await statIfThere(file);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    try {
      await handle.writeFile(bytes);
      await takeAfter(handle, old, dirname(file));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await beforeCommit?.();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/** Removes what a process that was killed in `replaceFile` left. Only for who keeps others from replacing `file` now. */
export async function removeLeftovers(file: string): Promise<void> {
  for (const name of await readdir(dirname(file))) {
    const [start, random = ''] = name.split(/(?<=\.new-)(?=[0-9a-f]{12}$)/);
    if (start === `.${basename(file)}.new-` && random !== '') await rm(join(dirname(file), name), { force: true });
  }
}

/** Makes what was renamed, made or removed in a folder last over a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows can't open a folder.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As root: gives `path` the owner of `like`. Nobody else can give anything away. */
export async function giveOwnerOf(like: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(like);
  await chown(path, uid, gid);
}

async function takeAfter(handle: FileHandle, old: Stats | undefined, folder: string): Promise<void> {
  const now = await handle.stat();
  const owner = old ?? (process.getuid?.() === 0 ? await stat(folder) : now);
  if (owner.uid !== now.uid || owner.gid !== now.gid) await handle.chown(owner.uid, owner.gid);
  if (old !== undefined) await handle.chmod(old.mode & 0o777);
}

async function statIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
