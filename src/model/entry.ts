// What a folder holds, and what is known of each thing in it.

import type { VirtualPath } from './path.ts';

/** `other`: a FIFO, socket or device. Such entries are listed and can be removed, but never opened. */
export type EntryKind = 'file' | 'directory' | 'link' | 'other';

export interface Attributes {
  readonly kind: EntryKind;
  /** The full `st_mode`, type bits and all, as SFTP and `ls -l` show it. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly uid: number;
  readonly gid: number;
  /** How many names the file has (`st_nlink`); 1 where it is not known. */
  readonly linkCount: number;
  /** Milliseconds since 1970, negative before it, fractions allowed. */
  readonly accessedMs: number;
  readonly modifiedMs: number;
}

/** An entry of a folder: its name, a single path part, and the attributes of the entry itself (links not followed). */
export interface Entry {
  readonly name: string;
  readonly attributes: Attributes;
}

/** What to change; what is absent stays. */
export interface AttributeChanges {
  /** Permission bits; only 0o777 of them are taken: set-id and sticky bits are never set for a user. */
  readonly mode?: number;
  /** Truncates or extends with zeros. */
  readonly sizeBytes?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly times?: { readonly accessedMs: number; readonly modifiedMs: number };
}

/** The file system that holds a path (`statvfs`), counted in blocks of `blockBytes`. */
export interface Space {
  readonly blockBytes: number;
  readonly totalBlocks: number;
  readonly freeBlocks: number;
  /** Free to this user. */
  readonly availableBlocks: number;
  readonly totalFiles: number;
  readonly freeFiles: number;
  readonly maxNameBytes: number;
  /** Where the tree begins that this is the room of, a home or a shared folder; absent where that is not told (SFTP). */
  readonly at?: VirtualPath;
}
