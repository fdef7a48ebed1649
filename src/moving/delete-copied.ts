// The second half of a move across a border: deletes the original of what was copied, and nothing else.

import { joinPath, type VirtualPath } from '../model/path.ts';
import { changed, eachIn, lstatIfAny, type Mover } from './mover.ts';

/** Not every disk keeps the smallest fractions of a time. */
const SAME_TIME_MS = 1;

/** Deletes of `from` what is at `to` as well; resolves to whether that was all. */
export async function deleteCopied(mover: Mover, from: VirtualPath, to: VirtualPath): Promise<boolean> {
  const { files } = mover;
  const [about, copy] = [await files.lstat(from), await lstatIfAny(files, to)];
  if (copy?.kind !== about.kind) throw changed(from);
  if (about.kind === 'directory') return deleteCopiedFolder(mover, from, to);
  const isOlder = about.modifiedMs <= copy.modifiedMs + SAME_TIME_MS;
  const isSame =
    about.kind === 'link'
      ? (await files.readLink(from)) === (await files.readLink(to))
      : about.sizeBytes === copy.sizeBytes && isOlder;
  if (!isSame) throw changed(from);
  await files.remove(from);
  return true;
}

async function deleteCopiedFolder(mover: Mover, from: VirtualPath, to: VirtualPath): Promise<boolean> {
  const inner = (name: string): VirtualPath => joinPath(from, name);
  const isDeleted = await eachIn(
    mover,
    from,
    ({ name }) => deleteCopied(mover, inner(name), joinPath(to, name)),
    inner,
  );
  if (isDeleted) await mover.files.removeDirectory(from);
  return isDeleted;
}
