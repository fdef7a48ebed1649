// The first half of a move across a border: copies a file, a link, or a folder with all that is in it, with modes, and
// with times where they may be set.

import type { Attributes } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, type VirtualPath } from '../model/path.ts';
import { changed, eachIn, type Mover } from './mover.ts';

export interface Moving {
  readonly from: VirtualPath;
  readonly to: VirtualPath;
  /** What is known of `from`. */
  readonly about: Attributes;
}

/** Resolves to whether all of it was copied. Nothing is replaced unless `mayReplace`. */
export async function copyAcross(mover: Mover, moving: Moving, mayReplace: boolean): Promise<boolean> {
  const { from, to, about } = moving;
  const { files } = mover;
  switch (about.kind) {
    case 'file': {
      await files.copy(from, to, { replace: mayReplace });
      await keepTimes(files, moving);
      if (!isSameFile(await files.lstat(from), about)) throw changed(from);
      return true;
    }
    case 'link':
      await files.makeLink(to, await files.readLink(from));
      return true;
    case 'directory':
      return copyFolder(mover, moving, mayReplace);
    case 'other':
      throw new FileError('unsupported', { path: from, detail: 'a special file can not be moved there' });
    default:
      return about.kind satisfies never;
  }
}

async function copyFolder(mover: Mover, moving: Moving, mayReplace: boolean): Promise<boolean> {
  const { from, to, about } = moving;
  const { files } = mover;
  try {
    await files.makeDirectory(to, { mode: about.mode & 0o777 });
  } catch (error) {
    if (!(mayReplace && isFileError(error, 'already-exists'))) throw error;
  }
  const inner = (name: string): VirtualPath => joinPath(from, name);
  const isCopied = await eachIn(
    mover,
    from,
    ({ name, attributes }) =>
      copyAcross(mover, { from: inner(name), to: joinPath(to, name), about: attributes }, false),
    inner,
  );
  await keepTimes(files, moving);
  return isCopied;
}

/** Where that is allowed: a role may let somebody write, and not set times. */
async function keepTimes(files: Files, { to, about: { accessedMs, modifiedMs } }: Moving): Promise<void> {
  try {
    await files.setAttributes(to, { times: { accessedMs, modifiedMs } });
  } catch (error) {
    if (!isFileError(error, 'permission-denied')) throw error;
  }
}

function isSameFile(now: Attributes, before: Attributes): boolean {
  return now.kind === before.kind && now.sizeBytes === before.sizeBytes && now.modifiedMs === before.modifiedMs;
}
