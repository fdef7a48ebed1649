// Files: the file operations as one identity sees them. `operations/` implements it over the disk and holds the only
// permission check; `client/` implements it over SFTP. SFTP, shell, scp and command line are written against it.
// Every method fails with a FileError, and with nothing else that a caller should handle.

import type { AttributeChanges, Attributes, Entry, Space } from './entry.ts';
import type { VirtualPath } from './path.ts';

export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  /** Make the file when it is not there. Needs `write`. */
  readonly create?: boolean;
  /** Fail with `already-exists` when it is there, even as a dangling link. Needs `create`. */
  readonly exclusive?: boolean;
  /** Empty the file. Needs `write`. */
  readonly truncate?: boolean;
  /** Each write goes to the end of the file, whatever offset it names. Needs `write`. */
  readonly append?: boolean;
  /**
   * All of the content will be written anew, though the file is not emptied first: where uploads are atomic, this one
   * is, too. Needs `write`.
   */
  readonly whole?: boolean;
  /** Permission bits of a new file, 0o666 unless told; the process's umask applies. */
  readonly mode?: number;
}

export interface CloseOptions {
  /**
   * Whoever wrote the file was cut off, or gave up, before saying that it is whole. What was written stays, but an
   * atomic upload does not get its name.
   */
  readonly abandon?: boolean;
}

export interface Files {
  /** Opens a folder for reading its entries. */
  list(path: VirtualPath): Promise<Directory>;
  /** What is at `path`, through links. */
  stat(path: VirtualPath): Promise<Attributes>;
  /** What is at `path`; a link is shown itself. */
  lstat(path: VirtualPath): Promise<Attributes>;
  /** Opens a regular file, through links. A folder is `is-a-directory`, a special file `permission-denied`. */
  open(path: VirtualPath, options: OpenOptions): Promise<OpenFile>;
  /** `mode` is 0o777 unless told; the process's umask applies. */
  makeDirectory(path: VirtualPath, options?: { readonly mode?: number }): Promise<void>;
  /** Removes a file, link or special file; a folder is `is-a-directory`. */
  remove(path: VirtualPath): Promise<void>;
  /** Removes an empty folder. The home itself, and a shared folder, is `permission-denied`. */
  removeDirectory(path: VirtualPath): Promise<void>;
  /**
   * Renames a file or folder. Without `replace` an existing target is `already-exists`; with it the change is atomic.
   * From one file system to another, or between the home and a shared folder, it is `cross-device`.
   */
  rename(from: VirtualPath, to: VirtualPath, options?: { readonly replace?: boolean }): Promise<void>;
  /** Copies the content and permission bits of one regular file inside the server. */
  copy(from: VirtualPath, to: VirtualPath, options?: { readonly replace?: boolean }): Promise<void>;
  /** Changes attributes, through links unless told; a link's own mode can't be changed (`unsupported`). */
  setAttributes(
    path: VirtualPath,
    changes: AttributeChanges,
    options?: { readonly followLinks?: boolean },
  ): Promise<void>;
  /** What the link says, as it was stored. */
  readLink(path: VirtualPath): Promise<string>;
  /** Makes the symbolic link `path` that says `target`. Where it leads is judged when it is followed, never here. */
  makeLink(path: VirtualPath, target: string): Promise<void>;
  /** Gives the file `existing` a second name. Links are not followed: a link gets the second name itself. Else as rename. */
  makeHardLink(existing: VirtualPath, path: VirtualPath): Promise<void>;
  /** The path with all links resolved. The last name need not exist; the folders above it must. */
  realPath(path: VirtualPath): Promise<VirtualPath>;
  /** The file system at `path`. */
  space(path: VirtualPath): Promise<Space>;
}

/** A folder being read. Entries come in the order of the disk, without "." and "..". */
export interface Directory {
  readonly path: VirtualPath;
  /** The next entries, at most `limit`; empty at the end. One call at a time. */
  read(limit: number): Promise<readonly Entry[]>;
  /** What is known of the folder itself. */
  stat(): Promise<Attributes>;
  /** Closing twice is allowed. */
  close(): Promise<void>;
}

/** An open regular file. Rights were decided when it was opened: no later call asks again. */
export interface OpenFile {
  /** Where the file was found when it was opened, links resolved. */
  readonly path: VirtualPath;
  /**
   * Reads into `target` from `offset`, until it is full or the file ends; resolves to the bytes read, 0 at the end.
   * `offset` is a safe integer of at least 0, else `invalid-argument`.
   */
  read(target: Uint8Array, offset: number): Promise<number>;
  /** Writes all of `data` at `offset` (or at the end, when opened to append). Data past the end leaves a hole. */
  write(data: Uint8Array, offset: number): Promise<void>;
  stat(): Promise<Attributes>;
  setAttributes(changes: AttributeChanges): Promise<void>;
  /** Returns when the content is on the disk (`fsync`). */
  sync(): Promise<void>;
  space(): Promise<Space>;
  /**
   * Waits for what is under way, and gives an atomic upload its name. Reports an error that made an earlier write fail.
   * Closing twice is allowed.
   */
  close(options?: CloseOptions): Promise<void>;
}
