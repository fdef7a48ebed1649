// A system call that failed, as an error for a user of the server. What is no error of the system is a mistake of ours, and
// passes through untouched.

import { codeOfErrno, errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';

/**
 * A system call's error as a FileError about `path`; the original, which names host paths, becomes its cause. Anything
 * else is returned as it is, a FileError included.
 */
export function diskError(error: unknown, path: string): unknown {
  const name = errnoName(error);
  return name === undefined ? error : new FileError(codeOfErrno(name), { path, cause: error });
}
