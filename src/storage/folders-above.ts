// The folders above mounts, as "/shared": what they tell of themselves, and what is in them. Where the home has such a
// folder, it is that one with the mounts in it; where it has none, or something else, there is one with nothing but mounts.

import type { Attributes, Entry } from '../model/entry.ts';
import { isFileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Mount, MountedName, MountPoints } from './mount-points.ts';
import { MountedDirectory } from './mounted-directory.ts';
import type { Permit, Storage } from './storage.ts';

/** How long a list waits for what a mount tells of itself. A disk that stands still must not hide what others mounted. */
const PATIENCE_MS = 1000;

/** For what the user may see by the permit of the folder. */
const asked: Permit = () => undefined;

export class FoldersAbove {
  readonly #home: Storage;
  readonly #points: MountPoints;
  /** What has not answered yet is not asked again: where a disk stands still, questions would pile up. */
  readonly #asking = new Map<Mount, Promise<Attributes>>();

  constructor({ home, points }: { home: Storage; points: MountPoints }) {
    this.#home = home;
    this.#points = points;
  }

  async list(path: VirtualPath, permit: Permit): Promise<Directory> {
    permit({ path, kind: 'directory' });
    const names = this.#points.namesIn(path);
    const [mounted, ofHome] = await Promise.allSettled([
      Promise.all(names.map((name) => this.#entryOf(name))),
      ifFolder(this.#home.list(path, asked)),
    ]);
    if (ofHome.status === 'rejected') throw ofHome.reason;
    if (mounted.status === 'rejected') {
      await ofHome.value?.close();
      throw mounted.reason;
    }
    const stat = (): Promise<Attributes> => this.#attributesOf(path);
    return new MountedDirectory({ path, mounted: mounted.value, ofHome: ofHome.value, stat });
  }

  stat(path: VirtualPath, permit: Permit): Promise<Attributes> {
    permit({ path, kind: 'directory' });
    return this.#attributesOf(path);
  }

  /** Whether the home has this folder. */
  async isInHome(path: VirtualPath): Promise<boolean> {
    return (await this.#inHome(path)) !== undefined;
  }

  async #attributesOf(path: VirtualPath): Promise<Attributes> {
    return (await this.#inHome(path)) ?? this.#made();
  }

  async #inHome(path: VirtualPath): Promise<Attributes | undefined> {
    const attributes = await ifFolder(this.#home.stat(path, false, asked));
    return attributes?.kind === 'directory' ? attributes : undefined;
  }

  async #entryOf({ name, path, mount }: MountedName): Promise<Entry> {
    if (mount === undefined) return { name, attributes: await this.#attributesOf(path) };
    // Whatever is wrong with it, it has its name here, and tells what is wrong when it is entered.
    return { name, attributes: await soon(this.#attributesIn(mount), this.#made()) };
  }

  #attributesIn(mount: Mount): Promise<Attributes> {
    const asking = this.#asking.get(mount) ?? this.#ask(mount);
    this.#asking.set(mount, asking);
    return asking;
  }

  async #ask(mount: Mount): Promise<Attributes> {
    try {
      const storage = await mount.storage();
      return await storage.stat(mount.at, false, asked);
    } finally {
      this.#asking.delete(mount);
    }
  }

  /** Of a folder that is on no disk. Nobody can write to it; it changes when what is mounted does. */
  #made(): Attributes {
    const { changedMs } = this.#points;
    return {
      kind: 'directory',
      mode: 0o40555,
      sizeBytes: 0,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      linkCount: 1,
      accessedMs: changedMs,
      modifiedMs: changedMs,
    };
  }
}

/** What was found; undefined where there is no such folder. */
async function ifFolder<T>(finding: Promise<T>): Promise<T | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (isFileError(error, 'not-found') || isFileError(error, 'not-a-directory')) return undefined;
    throw error;
  }
}

/** The answer, when it comes soon and is one; else `otherwise`. */
function soon<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), PATIENCE_MS);
    const end = (result: T): void => {
      clearTimeout(timer);
      resolve(result);
    };
    answer.then(end, () => end(otherwise));
  });
}
