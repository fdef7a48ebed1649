// How a virtual path is walked, name by name, with the meaning it would have under chroot(2): the home is "/", also for
// the targets of symbolic links, and ".." of the home is the home. A shared folder is walked as if it were a home: no link
// in it leads out. A link in a home may lead into another tree, and then the walk ends with a Crossing. This file is the only one that follows links. It
// makes no system call: a Footing does, and a folder is left by stepping back to the one it was entered from, never
// by asking the disk for "..", which could have been moved out of the home by then. The rules stand once, in a generator
// that asks what a name is; `walk` has the answer at once, `walkAside` waits for each where others needn't.

import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import { FileError } from '../model/error.ts';
import { isWithin, namesOf, parsePath, pathOf, ROOT, type VirtualPath } from '../model/path.ts';
import { Crossing, type Standing } from './border.ts';
import type { LastLink } from './place.ts';
import { isReservedName } from './upload-names.ts';

/** Links followed in one walk, as Linux has it (MAXSYMLINKS). */
export const MAX_LINKS = 40;

/**
 * Names looked at in one walk. A path has at most 2047; with links that name long paths it could be forty times that,
 * and `walk` holds up everybody else.
 */
const MAX_STEPS = 4096;

/** What a name turned out to be: a folder, which was entered, or a link, and what it says. */
export type LookedUp<F> = { readonly entered: F } | { readonly target: string };

/** How to step through folders, each known by an `F` (a descriptor, say) that is held until it is left. */
interface Held<F> {
  /** The root of the tree. */
  readonly home: F;
  readonly standing: Standing;
  /** Lets go of a folder that was entered. Never called for the home. */
  leave(folder: F): void;
}

export interface Footing<F> extends Held<F> {
  /**
   * What `name` in `folder` is; undefined when it is neither a link nor a folder to be entered. Throws when nothing is
   * there, unless that doesn't matter: when nothing is to be entered.
   */
  look(folder: F, name: string, mayEnter: boolean): LookedUp<F> | undefined;
}

/** The same where a look may take its time. */
export interface SlowFooting<F> extends Held<F> {
  look(folder: F, name: string, mayEnter: boolean): Promise<LookedUp<F> | undefined>;
}

/** Where a walk ended: the name `name` (empty for the home) in `folder`, which the caller must leave unless it is the home. */
export interface Spot<F> {
  readonly folder: F;
  readonly name: string;
  readonly path: VirtualPath;
}

/**
 * Walks to the folder that holds the last name of `path`, which begins with where the tree stands. That last name need not
 * exist.
 *
 * @throws FileError `not-a-directory`, `link-loop`, `invalid-path`, and what the footing throws. Nothing stays held then.
 * @throws Crossing when a link leads to where another tree may begin. Nothing stays held then, either.
 */
export function walk<F>(footing: Footing<F>, path: VirtualPath, last: LastLink): Spot<F> {
  const steps = stepsOf(footing, path, last);
  let step = steps.next();
  while (step.done !== true) {
    const { folder, name, mayEnter } = step.value;
    let found: LookedUp<F> | undefined;
    try {
      found = footing.look(folder, name, mayEnter);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(found);
  }
  return step.value;
}

/** The same walk, step by step: in between others go on, and every folder on the way is held all the while. */
export async function walkAside<F>(footing: SlowFooting<F>, path: VirtualPath, last: LastLink): Promise<Spot<F>> {
  const steps = stepsOf(footing, path, last);
  let step = steps.next();
  while (step.done !== true) {
    const { folder, name, mayEnter } = step.value;
    let found: LookedUp<F> | undefined;
    try {
      found = await footing.look(folder, name, mayEnter);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(found);
  }
  return step.value;
}

/** What a walk asks its footing. */
interface Step<F> {
  readonly folder: F;
  readonly name: string;
  readonly mayEnter: boolean;
}

type Steps<F> = Generator<Step<F>, Spot<F>, LookedUp<F> | undefined>;

function* stepsOf<F>(footing: Held<F>, path: VirtualPath, last: LastLink): Steps<F> {
  if (path.includes('\0')) throw new FileError('invalid-path', { path, detail: 'the path holds a NUL byte' });
  const { standing } = footing;
  const { at } = standing;
  // The names still to come, the next one at the end; the folders entered so far, and their names.
  const pending = partsOf(below(canonical(path), at)).reverse();
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

  function pathTo(last?: string): VirtualPath {
    const all = last === undefined ? names : [...names, last];
    return pathOf(at === ROOT ? all : [...namesOf(at), ...all]);
  }

  function isBorder(last?: string): boolean {
    const depth = last === undefined ? names.length : names.length + 1;
    return depth <= standing.borderDepth && standing.isBorder(pathTo(last));
  }

  /** What is left of the link is taken by its words from here on, as if the user had typed it. */
  function crossing(last?: string): Crossing {
    return new Crossing({ asked: path, to: parsePath(pending.reverse().join('/'), pathTo(last)) });
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
      // Who comes here by names alone knows of the border, and means what this tree has there.
      if (links > 0 && isBorder(name)) throw crossing(name);
      const found = isLast && last === 'keep' ? undefined : yield { folder, name, mayEnter: !isLast };
      if (found !== undefined && 'entered' in found) {
        folders.push(found.entered);
        names.push(name);
        continue;
      }
      if (found !== undefined) {
        // What stands above another tree is a folder: a link of that name is hidden by it.
        if (isBorder(name)) throw new FileError('not-found', { path });
        links += 1;
        if (links > MAX_LINKS) throw new FileError('link-loop', { path });
        if (found.target.startsWith('/')) while (folders.length > 0) stepBack();
        pending.push(...partsOf(found.target).reverse());
        continue;
      }
      if (!isLast) throw new FileError('not-a-directory', { path });
      names.push(name);
      kept = folder;
      return { folder, name, path: pathTo() };
    }
    // The walk ended inside a folder: in the home, or by way of a link that says ".." or "/".
    if (links > 0 && isBorder()) throw crossing();
    kept = folders.at(-2) ?? footing.home;
    return { folder: kept, name: names.at(-1) ?? '', path: pathTo() };
  } finally {
    for (const folder of folders) if (folder !== kept) footing.leave(folder);
  }
}

/**
 * The one spelling that `decodeBytes` would give to the bytes of `path`. Strings put together from pieces can spell a
 * valid sequence byte by byte; a rule for the plain spelling must hold for that one too.
 */
export function canonical(path: VirtualPath): VirtualPath {
  return path.isWellFormed() ? path : (decodeBytes(encodeBytes(path)) as VirtualPath);
}

/** What of `path` is left in the tree that stands at `at`. */
function below(path: VirtualPath, at: VirtualPath): string {
  if (!isWithin(path, at)) throw new FileError('not-found', { path });
  return at === ROOT ? path : path.slice(at.length);
}

/** The parts of a path or of a link's target that say something. */
function partsOf(text: string): string[] {
  return text.split('/').filter((part) => part !== '' && part !== '.');
}
