// The bytes on the disk, for one home or shared folder, or for a home with shared folders in it. Storage knows paths, not people: before it does anything it tells a `Permit`
// what it has found, and the permit, which operations/ hands in, throws if that may not be.

import type { AttributeChanges, Attributes, EntryKind, Space } from '../model/entry.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';

/** What an operation is about to touch. */
export interface Target {
  /** The path with every link resolved that the operation follows: where the thing really is. */
  readonly path: VirtualPath;
  /** What is there now; undefined when nothing is. */
  readonly kind: EntryKind | undefined;
}

/**
 * Called once for each thing an operation touches, after links were resolved and before anything was changed, read or
 * told; again only when `open` starts over, because the file came or went meanwhile. Between this call and the act no
 * link or folder swapped in can lead elsewhere: the folder is held open.
 */
export type Permit = (target: Target) => void;

/** The operations of `Files`, each asking its permits first. See model/files.ts for what each does and how it fails. */
export interface Storage {
  list(path: VirtualPath, permit: Permit): Promise<Directory>;
  stat(path: VirtualPath, followLinks: boolean, permit: Permit): Promise<Attributes>;
  open(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile>;
  makeDirectory(path: VirtualPath, mode: number | undefined, permit: Permit): Promise<void>;
  remove(path: VirtualPath, permit: Permit): Promise<void>;
  removeDirectory(path: VirtualPath, permit: Permit): Promise<void>;
  /** Asks for `from` first. */
  rename(from: VirtualPath, to: VirtualPath, replace: boolean, permits: { from: Permit; to: Permit }): Promise<void>;
  setAttributes(path: VirtualPath, changes: AttributeChanges, followLinks: boolean, permit: Permit): Promise<void>;
  readLink(path: VirtualPath, permit: Permit): Promise<string>;
  makeLink(path: VirtualPath, target: string, permit: Permit): Promise<void>;
  makeHardLink(existing: VirtualPath, path: VirtualPath, permits: { existing: Permit; path: Permit }): Promise<void>;
  realPath(path: VirtualPath, permit: Permit): Promise<VirtualPath>;
  space(path: VirtualPath, permit: Permit): Promise<Space>;
  /** Lets go of the home. Open files and folders stay open until they are closed themselves. */
  close(): void;
}
