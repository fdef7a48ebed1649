// A home with other trees mounted in it, as one Storage. Each path is in one tree, by its names alone, and that tree is
// asked with the whole path; so permits and errors tell what the user sees. A link in the home that leads into a mount
// comes back as a Crossing, and is asked for there; no link leads out of a mount. What stands above a mount is a folder for
// as long as the mount is there, and neither it nor the mount can be removed, renamed or replaced.
// Reasons: docs/decisions/0011-shared-folders-are-mounted.md.

import { checkOpenOptions } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import { parentOf, ROOT, type VirtualPath } from '../model/path.ts';
import { BETWEEN_TREES, Crossing } from './border.ts';
import { FoldersAbove } from './folders-above.ts';
import type { Mount, MountPoints } from './mount-points.ts';
import { directoryOf, fileOf } from './mounted-handles.ts';
import type { Permit, Storage, Target } from './storage.ts';
import { canonical, MAX_LINKS } from './walk.ts';

interface MountedParts {
  /** Stands at "/", and knows `points` as its borders. */
  readonly home: Storage;
  readonly points: MountPoints;
  readonly onClose: () => void;
}

/** The storage of a session, which closes the home and what is mounted in it. */
export function openMountedStorage(parts: MountedParts): Storage {
  return new MountedStorage(parts);
}

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

class MountedStorage implements Storage {
  readonly #home: Storage;
  readonly #points: MountPoints;
  readonly #above: FoldersAbove;
  readonly #onClose: () => void;

  constructor({ home, points, onClose }: MountedParts) {
    this.#home = home;
    this.#points = points;
    this.#above = new FoldersAbove({ home, points });
    this.#onClose = onClose;
  }

  list(path: VirtualPath, permit: Permit): Promise<Directory> {
    return this.#ask(path, {
      permit,
      ask: async ({ storage, mount }, at, asked) => directoryOf(mount, await storage.list(at, asked)),
      above: (at) => this.#above.list(at, permit),
      isAboveHome: true,
    });
  }

  stat(path: VirtualPath, followLinks: boolean, permit: Permit): Promise<Attributes> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.stat(at, followLinks, asked),
      above: (at) => this.#above.stat(at, permit),
    });
  }

  open(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile> {
    return this.#ask(path, {
      permit,
      ask: async ({ storage, mount }, at, asked) => fileOf(mount, await storage.open(at, options, asked)),
      above: (at) => {
        checkOpenOptions(options, at);
        return refuseFolder(at, permit, 'is-a-directory');
      },
      ...(options.create === true ? { orphan: refuseOrphan } : {}),
    });
  }

  makeDirectory(path: VirtualPath, mode: number | undefined, permit: Permit): Promise<void> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.makeDirectory(at, mode, asked),
      above: (at) => refuseFolder(at, permit, 'already-exists'),
      orphan: refuseOrphan,
    });
  }

  remove(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.remove(at, asked),
      above: (at) => refuseFolder(at, permit, 'is-a-directory'),
    });
  }

  removeDirectory(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.removeDirectory(at, asked),
      above: (at) => refuseFolder(at, permit, 'permission-denied'),
    });
  }

  rename(from: VirtualPath, to: VirtualPath, replace: boolean, permits: { from: Permit; to: Permit }): Promise<void> {
    return this.#askBoth({
      paths: [from, to],
      permits: [permits.from, permits.to],
      ask: (storage, at, asked) => storage.rename(at[0], at[1], replace, { from: asked[0], to: asked[1] }),
      refusal: 'permission-denied',
    });
  }

  setAttributes(path: VirtualPath, changes: AttributeChanges, followLinks: boolean, permit: Permit): Promise<void> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.setAttributes(at, changes, followLinks, asked),
      above: async (at) => {
        if (await this.#above.isInHome(at)) return this.#home.setAttributes(at, changes, false, permit);
        return refuseFolder(at, permit, 'permission-denied');
      },
    });
  }

  readLink(path: VirtualPath, permit: Permit): Promise<string> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.readLink(at, asked),
      above: (at) => refuseFolder(at, permit, 'invalid-argument'),
    });
  }

  makeLink(path: VirtualPath, target: string, permit: Permit): Promise<void> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.makeLink(at, target, asked),
      above: (at) => refuseFolder(at, permit, 'already-exists'),
      orphan: refuseOrphan,
    });
  }

  makeHardLink(existing: VirtualPath, path: VirtualPath, permits: { existing: Permit; path: Permit }): Promise<void> {
    return this.#askBoth({
      paths: [existing, path],
      permits: [permits.existing, permits.path],
      ask: (storage, at, asked) => storage.makeHardLink(at[0], at[1], { existing: asked[0], path: asked[1] }),
      refusal: 'already-exists',
    });
  }

  realPath(path: VirtualPath, permit: Permit): Promise<VirtualPath> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.realPath(at, asked),
      above: (at) => {
        permit({ path: at, kind: 'directory' });
        return at;
      },
      orphan: (at) => {
        permit({ path: at, kind: undefined });
        return at;
      },
    });
  }

  space(path: VirtualPath, permit: Permit): Promise<Space> {
    return this.#ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.space(at, asked),
      above: (at) => {
        permit({ path: at, kind: 'directory' });
        return this.#home.space(ROOT, () => undefined);
      },
    });
  }

  close(): void {
    for (const mount of this.#points.mounts) mount.close();
    this.#home.close();
    this.#onClose();
  }

  #ask<T>(path: VirtualPath, question: Question<T>): Promise<T> {
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

  async #askBoth(question: DoubleQuestion): Promise<void> {
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
      return isOneTree && !this.#mustStay(first) && !this.#mustStay(second)
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
    if (this.#mustStay(source.path)) throw stayError(paths[0], 'permission-denied');
    if (this.#mustStay(target.path)) throw stayError(paths[1], refusal);
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

  /** Whether it is the home, or where a mount is, or above one. */
  #mustStay(path: VirtualPath): boolean {
    return this.#points.isBorder(path);
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

function refuseFolder(path: VirtualPath, permit: Permit, code: FileErrorCode): never {
  permit({ path, kind: 'directory' });
  throw stayError(path, code);
}

function refuseOrphan(path: VirtualPath): never {
  throw new FileError('permission-denied', { path, detail: 'only shared folders stand in this folder' });
}

function stayError(path: VirtualPath, code: FileErrorCode): FileError {
  if (code !== 'permission-denied') return new FileError(code, { path });
  return new FileError(code, {
    path,
    detail: path === ROOT ? 'this is the home itself' : 'a shared folder stands here',
  });
}

/** What was found behind a link is told by the path that was asked for. */
function asAsked(error: unknown, { found, asked }: { found: VirtualPath; asked: VirtualPath }): unknown {
  if (found === asked || !(error instanceof FileError) || error.path !== found) return error;
  const { code, detail, cause } = error;
  return new FileError(code, { path: asked, ...(detail === undefined ? {} : { detail }), cause });
}
