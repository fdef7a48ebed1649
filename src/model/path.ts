// Virtual paths: how a user names a file of the own home. Absolute, normalised, separated by "/"; the home is "/".
// Only words here: whether a path exists, and where symbolic links lead, is known by storage/ alone.

import { byteLength } from './bytes.ts';
import { FileError } from './error.ts';

/** An absolute, normalised path: begins with "/", has no empty, "." or ".." part and no trailing "/" (but for "/"). */
export type VirtualPath = string & { readonly virtualPath: unique symbol };

export const ROOT: VirtualPath = '/' as VirtualPath;

/** Longest name and longest path in bytes, as Linux has them (NAME_MAX, and PATH_MAX without its NUL). */
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4095;

/**
 * Reads a path as a user or a client wrote it, relative to `base`. `.` and `..` are resolved in the text, before any
 * symbolic link is looked at, and `..` of the home is the home.
 *
 * @throws FileError `invalid-path`: a NUL byte, a name over 255 bytes, a path over 4095 bytes.
 */
export function parsePath(text: string, base: VirtualPath = ROOT): VirtualPath {
  if (text.includes('\0')) throw new FileError('invalid-path', { path: text, detail: 'the path holds a NUL byte' });
  const names = text.startsWith('/') ? [] : namesOf(base);
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') names.pop();
    else names.push(part);
  }
  return pathOf(names);
}

/** The path of the entry `name` in the folder `parent`. @throws FileError `invalid-path` if `name` is not one name. */
export function joinPath(parent: VirtualPath, name: string): VirtualPath {
  if (!isName(name)) throw new FileError('invalid-path', { path: name, detail: 'this is not a file name' });
  return (parent === ROOT ? `/${name}` : `${parent}/${name}`) as VirtualPath;
}

/** Whether `text` can be the name of one entry of a folder. */
export function isName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/') && !text.includes('\0');
}

/** The names on the way from the home to `path`; none for the home itself. */
export function namesOf(path: VirtualPath): string[] {
  return path === ROOT ? [] : path.slice(1).split('/');
}

/** The path that goes through `names` from the home. @throws FileError `invalid-path` if a name or the whole is too long. */
export function pathOf(names: readonly string[]): VirtualPath {
  const path = `/${names.join('/')}`;
  // A UTF-16 unit is at most three bytes of UTF-8: short texts need no count.
  if (path.length * 3 > MAX_NAME_BYTES) checkLength(path, names);
  return path as VirtualPath;
}

/** The folder that holds `path`; the home holds itself. */
export function parentOf(path: VirtualPath): VirtualPath {
  return (path.slice(0, path.lastIndexOf('/')) || '/') as VirtualPath;
}

/** The last name of `path`; empty for the home. */
export function nameOf(path: VirtualPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `folder` or lies below it. */
export function isWithin(path: VirtualPath, folder: VirtualPath): boolean {
  return folder === ROOT || path === folder || path.startsWith(`${folder}/`);
}

function checkLength(path: string, names: readonly string[]): void {
  for (const name of names) {
    if (name.length * 3 > MAX_NAME_BYTES && byteLength(name) > MAX_NAME_BYTES) {
      throw new FileError('invalid-path', { path, detail: `a name is longer than ${MAX_NAME_BYTES} bytes` });
    }
  }
  if (path.length * 3 > MAX_PATH_BYTES && byteLength(path) > MAX_PATH_BYTES) {
    throw new FileError('invalid-path', { path, detail: `the path is longer than ${MAX_PATH_BYTES} bytes` });
  }
}
