// Moving to where nothing can be renamed to: into a shared folder, or another file system. As mv(1) does it: all is
// copied, and when all of it is there, what was copied is deleted. Whatever fails, the original is whole; and what
// changes or comes to it meanwhile stays where it is. Knows neither the shell nor the client: both move so.

import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { isWithin, type VirtualPath } from '../model/path.ts';
import { copyAcross, type Moving } from './copy-across.ts';
import { deleteCopied } from './delete-copied.ts';
import { lstatIfAny, type Mover } from './mover.ts';

/**
 * `kept`: not all of it could be copied, and the original is as it was. `left`: some of the original is still there,
 * beside its copy.
 */
export type Moved = 'moved' | 'kept' | 'left';

/** Moves `from` to `to`. */
export async function moveAcross(mover: Mover, from: VirtualPath, to: VirtualPath): Promise<Moved> {
  const moving = { from, to, about: await mover.files.lstat(from) };
  await makeWay(mover, moving);
  if (!(await copyAcross(mover, moving, mover.replace))) return 'kept';
  return (await deleteCopied(mover, from, to)) ? 'moved' : 'left';
}

/** What is said of an original that was kept. */
export function keptText(from: string, to: string): string {
  return `${from}: kept, for not all of it could be copied to ${to}`;
}

/** Refuses what could replace more than a file. */
async function makeWay({ files, replace }: Mover, { from, to, about }: Moving): Promise<void> {
  const there = await lstatIfAny(files, to);
  if (there !== undefined && !replace) throw new FileError('already-exists', { path: to });
  if (about.kind === 'directory') {
    if (isWithin(await files.realPath(to), await files.realPath(from))) {
      throw new FileError('invalid-argument', { path: from, detail: 'a folder can not be moved into itself' });
    }
    if (there !== undefined && there.kind !== 'directory') throw new FileError('not-a-directory', { path: to });
    if (there !== undefined && !(await isEmpty(files, to))) throw new FileError('not-empty', { path: to });
  } else if (there?.kind === 'directory') {
    throw new FileError('is-a-directory', { path: to });
  } else if (there !== undefined && about.kind === 'link') {
    throw new FileError('already-exists', { path: to });
  }
}

async function isEmpty(files: Files, path: VirtualPath): Promise<boolean> {
  const folder = await files.list(path);
  try {
    return (await folder.read(1)).length === 0;
  } finally {
    await folder.close();
  }
}
