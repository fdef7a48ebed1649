// What the system's error numbers mean to a user: errno -> FileErrorCode. Total: an errno that has no line of its own
// is `io-error`. Shared by the server's disk and the client's; what each says of it is its own.

import { constants } from 'node:os';
import type { FileErrorCode } from './error.ts';

const CODES: ReadonlyMap<string, FileErrorCode> = new Map([
  ['ENOENT', 'not-found'],
  ['EACCES', 'permission-denied'],
  ['EPERM', 'permission-denied'],
  ['EEXIST', 'already-exists'],
  ['ENOTDIR', 'not-a-directory'],
  ['EISDIR', 'is-a-directory'],
  ['ENOTEMPTY', 'not-empty'],
  ['ENAMETOOLONG', 'invalid-path'],
  ['EILSEQ', 'invalid-path'],
  ['EINVAL', 'invalid-argument'],
  ['ELOOP', 'link-loop'],
  ['EMLINK', 'link-loop'],
  ['EROFS', 'read-only'],
  ['ENOSPC', 'no-space'],
  ['EDQUOT', 'quota-exceeded'],
  ['EFBIG', 'too-large'],
  ['EOVERFLOW', 'too-large'],
  ['EMFILE', 'too-many-open'],
  ['ENFILE', 'too-many-open'],
  ['EXDEV', 'cross-device'],
  ['EBUSY', 'busy'],
  ['ETXTBSY', 'busy'],
  ['EAGAIN', 'busy'],
  ['ENOSYS', 'unsupported'],
  ['ENOTSUP', 'unsupported'],
  ['EOPNOTSUPP', 'unsupported'],
  // A FIFO that nobody reads, a socket, a device that is not there: none of them is a file to us.
  ['ENXIO', 'permission-denied'],
  ['ENODEV', 'permission-denied'],
  ['ECANCELED', 'cancelled'],
  ['EINTR', 'cancelled'],
  ['EBADF', 'closed'],
  ['EIO', 'io-error'],
]);

/** Node has no name for some numbers (EDQUOT is "Unknown system error -122"); the numbers themselves are right. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** The code for the errno with this name, as `ENOENT`. */
export function codeOfErrno(name: string): FileErrorCode {
  return CODES.get(name) ?? 'io-error';
}

/** What stood in the way of a file of the server's own, for whoever runs it: a clause, or the name where it says more. */
export function errnoInWords(name: string | undefined): string {
  switch (name) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'this account has no right to it';
    case 'EEXIST':
      return 'there is a file of this name';
    case 'ENOTDIR':
      return 'a part of the path is a file, not a folder';
    case 'EISDIR':
      return 'this is a folder, not a file';
    case 'ELOOP':
      return 'its links lead to each other';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return name ?? 'unknown error';
  }
}

/** The name of the errno, as `ENOENT`, that `error` carries; undefined when it is not the error of a system call. */
export function errnoName(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return undefined;
  if (typeof error.errno !== 'number' || typeof error.code !== 'string') return undefined;
  return CODES.has(error.code) ? error.code : (NAMES.get(Math.abs(error.errno)) ?? error.code);
}
