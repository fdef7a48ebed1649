// Which of the trees of a session is asked. Each path is in one tree, by its names alone, and that tree is asked with the whole
// path; so permits and errors tell what the user sees. A link in the home that leads into a mount comes back as a Crossing,
// and is asked for there; no link leads out of a mount. Knows nothing of what is asked.

import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import { parentOf, ROOT, type VirtualPath } from '../model/path.ts';
import { BETWEEN_TREES, Crossing } from './border.ts';
import type { FoldersAbove } from './folders-above.ts';
import type { Mount, MountPoints } from './mount-points.ts';
import type { Permit, Storage, Target } from './storage.ts';
import { canonical, MAX_LINKS } from './walk.ts';

/** The tree that a path is in. */
interface Tree {
  readonly storage: Storage;
  /** Undefined: the home. */
  readonly mount: Mount | undefined;
}

/** What is asked of one path, wherever it is. */
interface Question<T> {
  readonly permit: Permit;
  ask(tree: Tree, path: VirtualPath, permit: Permit): Promise<T>;
  /** Answers for a folder above mounts. */
  above(path: VirtualPath): T | Promise<T>;
  /** Whether `above` answers for "/" as well. */
  readonly isAboveHome?: boolean;
  /** Answers for a free name in a folder that is there for its mounts alone; unless told, that is `not-found`. */
  readonly orphan?: (path: VirtualPath) => T;
}

type Two<T> = readonly [T, T];

/** What is asked of two paths, in this order. */
interface DoubleQuestion {
  readonly paths: Two<VirtualPath>;
  readonly permits: Two<Permit>;
  /** Asks the one tree that both are in. */
  ask(storage: Storage, paths: Two<VirtualPath>, permits: Two<Permit>): Promise<void>;
  /** What the second path is refused with, where something is that must stay. */
  readonly refusal: FileErrorCode;
}

export class MountedAsking {
  readonly #home: Storage;
  readonly #points: MountPoints;
  readonly #above: FoldersAbove;

  constructor(parts: { home: Storage; points: MountPoints; above: FoldersAbove }) {
    this.#home = parts.home;
    this.#points = parts.points;
    this.#above = parts.above;
  }

  /** Asks the tree that `path` is in. */
  ask<T>(path: VirtualPath, question: Question<T>): Promise<T> {
    if (!this.#points.isEmpty) return this.#askAcross(path, question);
    return question.ask({ storage: this.#home, mount: undefined }, path, question.permit);
  }

  async #askAcross<T>(path: VirtualPath, question: Question<T>): Promise<T> {
    let at = canonical(path);
    for (let crossings = 0; crossings <= MAX_LINKS; crossings += 1) {
      try {
        return await this.#askOnce(at, question);
      } catch (error) {
        if (!(error instanceof Crossing)) throw asAsked(error, { found: at, asked: path });
        at = canonical(error.to);
      }
    }
    throw new FileError('link-loop', { path });
  }

  async #askOnce<T>(at: VirtualPath, question: Question<T>): Promise<T> {
    const mount = this.#points.mountOf(at);
    if (mount !== undefined) {
      return inMount(mount, at, (storage) => question.ask({ storage, mount }, at, permitIn(mount, question.permit)));
    }
    if (this.#points.isAbove(at) && (at !== ROOT || question.isAboveHome === true)) return question.above(at);
    try {
      return await question.ask({ storage: this.#home, mount }, at, question.permit);
    } catch (error) {
      if (question.orphan === undefined || !(await this.#isOrphan(at, error))) throw error;
      return question.orphan(at);
    }
  }

  /** Asks of two paths at a time. */
  async askBoth(question: DoubleQuestion): Promise<void> {
    let [first, second] = [canonical(question.paths[0]), canonical(question.paths[1])];
    for (let crossings = 0; crossings <= 2 * MAX_LINKS; crossings += 1) {
      try {
        return await this.#askBothOnce([first, second], question);
      } catch (error) {
        if (!(error instanceof Crossing)) {
          const [asked, askedToo] = question.paths;
          throw asAsked(asAsked(error, { found: second, asked: askedToo }), { found: first, asked });
        }
        if (error.asked === first) first = canonical(error.to);
        else second = canonical(error.to);
      }
    }
    throw new FileError('link-loop', { path: question.paths[0] });
  }

  async #askBothOnce(paths: Two<VirtualPath>, question: DoubleQuestion): Promise<void> {
    const [first, second] = paths;
    const mount = this.#points.mountOf(first);
    const isOneTree = mount === this.#points.mountOf(second);
    if (isOneTree && mount !== undefined) {
      const [permit, permitToo] = question.permits;
      const permits = [permitIn(mount, permit), permitIn(mount, permitToo)] as const;
      return inMount(mount, first, (storage) => question.ask(storage, paths, permits));
    }
    try {
      return isOneTree && !this.#points.isBorder(first) && !this.#points.isBorder(second)
        ? await question.ask(this.#home, paths, question.permits)
        : await this.#refuseBoth(paths, question);
    } catch (error) {
      if (await this.#isOrphan(second, error)) return refuseOrphan(second);
      throw error;
    }
  }

  /**
   * Tells why there can be nothing between the two, once the permits were asked with what is there. That something must
   * stay comes before the second permit, which may know of borders, too: of a mount nobody may be told that it
   * goes by copying and deleting.
   */
  async #refuseBoth(paths: Two<VirtualPath>, { permits, refusal }: DoubleQuestion): Promise<never> {
    const source = await this.#look(paths[0]);
    const target = await this.#look(paths[1]);
    permits[0](source);
    if (this.#points.isBorder(source.path)) throw stayError(paths[0], 'permission-denied');
    if (this.#points.isBorder(target.path)) throw stayError(paths[1], refusal);
    permits[1](target);
    if (source.kind === undefined) throw new FileError('not-found', { path: paths[0] });
    throw new FileError('cross-device', { path: paths[0], detail: BETWEEN_TREES });
  }

  /** What is at `path`, links not followed; nobody is told. */
  async #look(path: VirtualPath): Promise<Target> {
    const seen: Target[] = [];
    const permit: Permit = (target) => void seen.push(target);
    try {
      await this.#askOnce<unknown>(path, {
        permit,
        ask: ({ storage }, at, asked) => storage.stat(at, false, asked),
        above: (at) => permit({ path: at, kind: 'directory' }),
      });
    } catch (error) {
      if (!isFileError(error, 'not-found')) throw error;
      if (seen.length === 0) throw error;
    }
    return seen.at(-1) ?? { path, kind: undefined };
  }

  /** Whether `error` says that the folder of `path` is not in the home, though for its mounts it is there. */
  async #isOrphan(path: VirtualPath, error: unknown): Promise<boolean> {
    const folder = parentOf(path);
    if (!isFileError(error, 'not-found') || error.path !== path || !this.#points.isAbove(folder)) return false;
    return this.#points.mountOf(path) === undefined && !(await this.#above.isInHome(folder));
  }
}

/** Asks what is mounted. When it was taken away meanwhile, that is all there is to tell. */
async function inMount<T>(mount: Mount, path: VirtualPath, ask: (storage: Storage) => Promise<T>): Promise<T> {
  try {
    return await ask(await mount.storage());
  } catch (error) {
    if (mount.isGone && isFileError(error)) throw new FileError('not-found', { path });
    throw asAsked(error, { found: mount.at, asked: path });
  }
}

function permitIn(mount: Mount, permit: Permit): Permit {
  return (target) => {
    if (mount.isGone) throw new FileError('not-found', { path: target.path });
    permit(target);
  };
}

/** What was found behind a link is told by the path that was asked for. */
function asAsked(error: unknown, { found, asked }: { found: VirtualPath; asked: VirtualPath }): unknown {
  if (found === asked || !(error instanceof FileError) || error.path !== found) return error;
  const { code, detail, cause } = error;
  return new FileError(code, { path: asked, ...(detail === undefined ? {} : { detail }), cause });
}

export function refuseOrphan(path: VirtualPath): never {
  throw new FileError('permission-denied', { path, detail: 'only shared folders stand in this folder' });
}

export function stayError(path: VirtualPath, code: FileErrorCode): FileError {
  if (code !== 'permission-denied') return new FileError(code, { path });
  return new FileError(code, {
    path,
    detail: path === ROOT ? 'this is the home itself' : 'a shared folder stands here',
  });
}
