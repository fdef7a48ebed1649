// What is refused before it is sent: requests that mean nothing, and numbers that ssh2 would encode as others.

import type { AttributeChanges } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { OpenOptions } from '../model/files.ts';

/** @throws FileError `invalid-argument` for a combination that means nothing. */
export function checkOpenOptions(options: OpenOptions, path: string): void {
  const { read = false, write = false, create = false, exclusive = false, truncate = false, append = false } = options;
  const meaningless = (!read && !write) || (!write && (create || truncate || append)) || (exclusive && !create);
  if (meaningless) throw new FileError('invalid-argument', { path });
}

/** @throws FileError `invalid-argument` unless `offset` is a safe integer of at least 0. */
export function checkOffset(offset: number, path: string): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new FileError('invalid-argument', { path });
}

/** @throws FileError `invalid-argument` for a size, owner or time that is none. */
export function checkChanges({ sizeBytes, owner, times }: AttributeChanges, path: string): void {
  const right =
    (sizeBytes === undefined || (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)) &&
    (owner === undefined || (isId(owner.uid) && isId(owner.gid))) &&
    (times === undefined || !(Number.isNaN(times.accessedMs) || Number.isNaN(times.modifiedMs)));
  if (!right) throw new FileError('invalid-argument', { path });
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff;
}
