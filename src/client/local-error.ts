// What Node reports of the local disk, as a FileError. The path is the local one, as its owner wrote it.

import { codeOfErrno, errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';

/** The FileError for an error of node:fs; anything else comes back as it is. */
export function localError(error: unknown, path: string): unknown {
  const name = errnoName(error);
  if (name === undefined) return error;
  const code = codeOfErrno(name);
  switch (code) {
    case 'no-space':
      return new FileError(code, { path, cause: error, detail: 'the disk of this machine is full' });
    case 'closed':
    case 'cancelled':
    // On this side those two are words about the connection and the user.
    case 'io-error':
      return new FileError('io-error', { path, cause: error, detail: name });
    default:
      return new FileError(code, { path, cause: error });
  }
}
