// The pflags of OPEN -> how a file is opened.

import type { OpenOptions } from '../model/files.ts';
import { OPEN_FLAG } from './codec/constants.ts';

export interface Opening {
  readonly options: OpenOptions;
  /** What the client may do with the handle; the file may be open for more, see below. */
  readonly readable: boolean;
  readonly writable: boolean;
}

/**
 * Every combination means what open(2) makes of it: without READ and WRITE it is READ; EXCL counts only with CREAT,
 * APPEND only with WRITE. CREAT and TRUNC without WRITE are allowed; as they write, the file is opened for it, though
 * the handle is not.
 *
 * @param permissions those of the ATTRS, if it had any; a new file gets their last nine bits
 */
export function readOpenFlags(flags: number, permissions: number | undefined): Opening {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const writable = has(OPEN_FLAG.write);
  const readable = has(OPEN_FLAG.read) || !writable;
  const create = has(OPEN_FLAG.create);
  const truncate = has(OPEN_FLAG.truncate);
  return {
    readable,
    writable,
    options: {
      read: readable,
      write: writable || create || truncate,
      create,
      exclusive: create && has(OPEN_FLAG.exclusive),
      truncate,
      append: writable && has(OPEN_FLAG.append),
      ...(permissions === undefined ? {} : { mode: permissions & 0o777 }),
    },
  };
}
