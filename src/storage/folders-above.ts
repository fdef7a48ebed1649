// The folders above mounts, as "/shared": what they tell of themselves, and what is in them. Where the home has such a
// folder, it is that one with the mounts in it; where it has none, or something else, there is one with nothing but mounts.

import type { Attributes, Entry } from '../model/entry.ts';
import { isFileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import type { MountedName, MountPoints } from './mount-points.ts';
import { MountedDirectory } from './mounted-directory.ts';
import type { Permit, Storage } from './storage.ts';

/** How long a list waits for what a mount tells of itself. A disk that stands still must not hide what others mounted. */
const PATIENCE_MS = 1000;

/** For what the user may see by the permit of the folder. */
const asked: Permit = () => undefined;

export class FoldersAbove {
  readonly #home: Storage;
  readonly #points: MountPoints;

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
    const attributes = mount.storage().then((storage) => storage.stat(mount.at, false, asked));
    return { name, attributes: await soon(attributes, this.#made()) };
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
