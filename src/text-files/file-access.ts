// Who else can write or read a file that decides about logins, judged by owner, group and mode as stat(2) gives them.

import { readFileSync } from 'node:fs';

/** What of `fs.Stats` is asked. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Access {
  /** Others than the owner (and root) can write it. */
  readonly writableByOthers: boolean;
  readonly readableByOthers: boolean;
}

/**
 * Judges a file. The group counts as others, unless the owner is alone in it: where each user has a private group,
 * new files are writable by it. Windows has no such modes; there nothing is found.
 */
export function judgeAccess(
  { mode, uid, gid }: Ownership,
  isPrivateGroup: (gid: number, uid: number) => boolean = ownerIsAloneIn,
): Access {
  if (process.platform === 'win32') return { writableByOthers: false, readableByOthers: false };
  const others = (mode & 0o060) === 0 || isPrivateGroup(gid, uid) ? mode & 0o007 : (mode | (mode >> 3)) & 0o007;
  return { writableByOthers: (others & 0o002) !== 0, readableByOthers: (others & 0o004) !== 0 };
}

/** Whether /etc/passwd and /etc/group know the owner and nobody else in the group; false when they can't tell. */
function ownerIsAloneIn(gid: number, uid: number): boolean {
  const group = recordsOf('/etc/group').find((fields) => fields[2] === String(gid));
  const users = recordsOf('/etc/passwd');
  const owner = users.find((fields) => fields[2] === String(uid))?.[0];
  if (group === undefined || owner === undefined) return false;
  const members = (group[3] ?? '').split(',').filter((name) => name !== '');
  const primary = users.filter((fields) => fields[3] === String(gid)).map((fields) => fields[0]);
  return [...members, ...primary].every((name) => name === owner);
}

function recordsOf(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    // Not a machine that has this file: nothing can be said of the group, and so the group counts as others.
    return [];
  }
}

/** The command that takes the right to write from all but the owner. */
export function mendWritable(file: string): string {
  return `chmod go-w ${shellWord(file)}`;
}

/** The command that takes the right to read as well. */
export function mendReadable(file: string): string {
  return `chmod go-rwx ${shellWord(file)}`;
}

function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
