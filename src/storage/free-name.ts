// Giving a file a name that nobody else has. rename(2) would replace what is there: so a file gets the new name as a
// second one, which fails if that exists, and then loses the old one, as in OpenSSH's sftp-server.

import { errnoName } from '../model/errno.ts';
import type { HostPath } from './place.ts';
import type { NameCalls } from './system-calls.ts';

interface Names {
  readonly calls: NameCalls;
  readonly from: HostPath;
  readonly to: HostPath;
}

/** Moves what is at `from` to the free name `to`; false when that is taken. `canLink` unless it is a folder, which has one name only. */
export async function giveFreeName({
  calls,
  from,
  to,
  canLink = true,
}: Names & { canLink?: boolean }): Promise<boolean> {
  const how = canLink ? await link({ calls, from, to }) : 'unable';
  if (how === 'taken') return false;
  if (how === 'unable') {
    // What may be lost to a race here is an empty folder, or, where files have one name only, a file made at the same
    // instant.
    if ((await calls.lstat(to)) !== undefined) return false;
    await calls.rename(from, to);
    return true;
  }
  try {
    await calls.unlink(from);
  } catch (error) {
    await calls.unlink(to);
    throw error;
  }
  return true;
}

async function link({ calls, from, to }: Names): Promise<'linked' | 'taken' | 'unable'> {
  try {
    await calls.link(from, to);
    return 'linked';
  } catch (error) {
    switch (errnoName(error)) {
      case 'EEXIST':
        return 'taken';
      // No hard links on this file system (FAT), or for this file (the kernel's protected_hardlinks).
      case 'EPERM':
      case 'EMLINK':
      case 'ENOTSUP':
      case 'ENOSYS':
        return 'unable';
      default:
        throw error;
    }
  }
}
