// What callers may ask of any Files: the checks of arguments that disk, memory and client share. A number that is out of
// range is refused before Node or ssh2 make another of it.

import { byteLength } from './bytes.ts';
import type { AttributeChanges } from './entry.ts';
import { FileError } from './error.ts';
import type { OpenOptions } from './files.ts';
import { MAX_PATH_BYTES } from './path.ts';

/** The permission bits that users can have. More would be set-id and sticky bits, or end the process (Node, 2^31). */
export function permissionBits(mode: number): number {
  return mode & 0o777;
}

/** @throws FileError `invalid-argument` for a combination that means nothing. */
export function checkOpenOptions(options: OpenOptions, path: string): void {
  const { read = false, write = false, create = false, exclusive = false, truncate = false, append = false } = options;
  if (!read && !write) throw invalid(path, 'a file is opened to read, to write or both');
  if (!write && (create || truncate || append)) throw invalid(path, 'to create, truncate or append needs to write');
  if (exclusive && !create) throw invalid(path, 'exclusive needs to create');
}

/** @throws FileError `invalid-argument` unless `offset` is exact: Node would write somewhere else without a word. */
export function checkOffset(offset: number, path: string): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalid(path, 'the offset is out of range');
}

/** @throws FileError `too-large` when `length` bytes at `offset` would end beyond what a number can name. */
export function checkEnd(offset: number, length: number, path: string): void {
  checkOffset(offset, path);
  if (!Number.isSafeInteger(offset + length)) throw new FileError('too-large', { path });
}

/** @throws FileError `invalid-argument` unless a folder can be asked for `limit` entries. */
export function checkLimit(limit: number, path: string): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalid(path, 'the limit is out of range');
}

/** @throws FileError `invalid-argument` for a size, owner or time that is none. */
export function checkChanges({ mode, sizeBytes, owner, times }: AttributeChanges, path: string): void {
  if (mode !== undefined && !isUnsigned32(mode)) throw invalid(path, 'the mode is out of range');
  if (sizeBytes !== undefined && (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)) {
    throw invalid(path, 'the size is out of range');
  }
  if (owner !== undefined && !(isUnsigned32(owner.uid) && isUnsigned32(owner.gid))) {
    throw invalid(path, 'the owner is out of range');
  }
  if (times !== undefined && (Number.isNaN(times.accessedMs) || Number.isNaN(times.modifiedMs))) {
    throw invalid(path, 'a time is not a number');
  }
}

/** @throws FileError `invalid-path` for what no symbolic link can say. */
export function checkLinkTarget(target: string, path: string): void {
  const length = byteLength(target);
  if (length === 0 || length > MAX_PATH_BYTES || target.includes('\0')) {
    throw new FileError('invalid-path', { path, detail: 'no link can say this' });
  }
}

function isUnsigned32(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 0xffffffff;
}

function invalid(path: string, detail: string): FileError {
  return new FileError('invalid-argument', { path, detail });
}
