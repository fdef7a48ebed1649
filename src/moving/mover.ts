// What a move across a border needs of whoever moves: the files, and how things are told and broken off there.

import type { Attributes, Entry } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';

export interface Mover {
  readonly files: Files;
  /** Whether a file, or an empty folder, that is in the way is replaced. */
  readonly replace: boolean;
  /** What is in a folder. */
  entriesOf(folder: VirtualPath): AsyncIterable<Entry>;
  /** Asked between any two steps: throws when the user wants it to end. */
  mayGoOn(path: VirtualPath): void;
  /**
   * Does `work`, which resolves to whether all of it was done. A FileError of one thing is told, and others still get
   * their turn: that is false as well. Whatever else is thrown ends the move.
   */
  attempt(path: VirtualPath, work: () => Promise<boolean>): Promise<boolean>;
}

/** Works on all that is in `folder`; resolves to whether all of it was done. */
export async function eachIn(
  mover: Mover,
  folder: VirtualPath,
  work: (entry: Entry) => Promise<boolean>,
  pathOf: (name: string) => VirtualPath,
): Promise<boolean> {
  let isDone = true;
  for await (const entry of mover.entriesOf(folder)) {
    const path = pathOf(entry.name);
    mover.mayGoOn(path);
    if (!(await mover.attempt(path, () => work(entry)))) isDone = false;
  }
  return isDone;
}

export async function lstatIfAny(files: Files, path: VirtualPath): Promise<Attributes | undefined> {
  try {
    return await files.lstat(path);
  } catch (error) {
    if (isFileError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** What is there is not what was copied. */
export function changed(path: VirtualPath): FileError {
  return new FileError('busy', { path, detail: 'it has changed since it was copied, and is kept' });
}
