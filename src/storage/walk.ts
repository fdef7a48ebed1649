// How a virtual path is walked, name by name, with the meaning it would have under chroot(2): the home is "/", also for
// the targets of symbolic links, and ".." of the home is the home. This file is the only one that follows links. It
// makes no system call: a Footing does, and a folder is left by stepping back to the one it was entered from, never
// by asking the disk for "..", which could have been moved out of the home by then.

import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import { FileError } from '../model/error.ts';
import { pathOf, type VirtualPath } from '../model/path.ts';
import type { LastLink } from './place.ts';
import { isReservedName } from './upload-names.ts';

/** Links followed in one walk, as Linux has it (MAXSYMLINKS). */
export const MAX_LINKS = 40;

/**
 * Names looked at in one walk. A path has at most 2047; with links that name long paths it could be forty times that,
 * and the walk holds up everybody else.
 */
const MAX_STEPS = 4096;

/** How to step through folders, each known by an `F` (a descriptor, say) that is held until it is left. */
export interface Footing<F> {
  readonly home: F;
  /** Enters the folder `name` of `folder`; undefined when it is no folder: a link, or something else. */
  enter(folder: F, name: string): F | undefined;
  /** What the link `name` in `folder` says; undefined when it is no link, or not there. */
  readLink(folder: F, name: string): string | undefined;
  /** Lets go of a folder that was entered. Never called for the home. */
  leave(folder: F): void;
}

/** Where a walk ended: the name `name` (empty for the home) in `folder`, which the caller must leave unless it is the home. */
export interface Spot<F> {
  readonly folder: F;
  readonly name: string;
  readonly path: VirtualPath;
}

/**
 * Walks to the folder that holds the last name of `path`. That name need not exist.
 *
 * @throws FileError `not-a-directory`, `link-loop`, `invalid-path`, and what the footing throws. Nothing stays held then.
 */
export function walk<F>(footing: Footing<F>, path: VirtualPath, last: LastLink): Spot<F> {
  if (path.includes('\0')) throw new FileError('invalid-path', { path, detail: 'the path holds a NUL byte' });
  // The names still to come, the next one at the end; the folders entered so far, and their names.
  const pending = partsOf(canonical(path)).reverse();
  const folders: F[] = [];
  const names: string[] = [];
  let kept: F | undefined;
  let links = 0;
  let steps = 0;

  function stepBack(): void {
    names.pop();
    const left = folders.pop();
    if (left !== undefined) footing.leave(left);
  }

  function stepInto(folder: F, name: string): boolean {
    const entered = footing.enter(folder, name);
    if (entered === undefined) return false;
    folders.push(entered);
    names.push(name);
    return true;
  }

  try {
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      steps += 1;
      if (steps > MAX_STEPS) throw new FileError('link-loop', { path });
      if (isReservedName(name)) throw new FileError('invalid-path', { path, detail: 'this name is reserved' });
      const folder = folders.at(-1) ?? footing.home;
      const isLast = pending.length === 0;
      if (name === '..') {
        stepBack();
        continue;
      }
      if (!isLast && stepInto(folder, name)) continue;

      const target = isLast && last === 'keep' ? undefined : footing.readLink(folder, name);
      if (target !== undefined) {
        links += 1;
        if (links > MAX_LINKS) throw new FileError('link-loop', { path });
        if (target.startsWith('/')) while (folders.length > 0) stepBack();
        pending.push(...partsOf(target).reverse());
        continue;
      }
      if (!isLast) throw new FileError('not-a-directory', { path });
      names.push(name);
      kept = folder;
      return { folder, name, path: pathOf(names) };
    }
    // The walk ended inside a folder: in the home, or by way of a link that says ".." or "/".
    kept = folders.at(-2) ?? footing.home;
    return { folder: kept, name: names.at(-1) ?? '', path: pathOf(names) };
  } finally {
    for (const folder of folders) if (folder !== kept) footing.leave(folder);
  }
}

/**
 * The one spelling that `decodeBytes` would give to the bytes of `path`. Strings put together from pieces can spell a
 * valid sequence byte by byte; a rule for the plain spelling must hold for that one too.
 */
function canonical(path: VirtualPath): VirtualPath {
  return path.isWellFormed() ? path : (decodeBytes(encodeBytes(path)) as VirtualPath);
}

/** The parts of a path or of a link's target that say something. */
function partsOf(text: string): string[] {
  return text.split('/').filter((part) => part !== '' && part !== '.');
}
