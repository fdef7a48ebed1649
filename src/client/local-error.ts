// What Node reports of the local disk, as a FileError: one table. The path is the local one, as its owner wrote it.

import { FileError, type FileErrorCode } from '../model/error.ts';

const CODE_OF_ERRNO: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: 'not-found',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EEXIST: 'already-exists',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  ENOTEMPTY: 'not-empty',
  ENAMETOOLONG: 'invalid-path',
  EINVAL: 'invalid-argument',
  ELOOP: 'link-loop',
  EROFS: 'read-only',
  ENOSPC: 'no-space',
  EDQUOT: 'quota-exceeded',
  EFBIG: 'too-large',
  EMFILE: 'too-many-open',
  ENFILE: 'too-many-open',
  EXDEV: 'cross-device',
  EBUSY: 'busy',
  ETXTBSY: 'busy',
};

/** The FileError for an error of node:fs; anything else comes back as it is. */
export function localError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const code = CODE_OF_ERRNO[error.code];
  if (code === 'no-space')
    return new FileError(code, { path, cause: error, detail: 'the disk of this machine is full' });
  if (code !== undefined) return new FileError(code, { path, cause: error });
  return error.code.startsWith('E') && 'errno' in error
    ? new FileError('io-error', { path, cause: error, detail: error.code })
    : error;
}
