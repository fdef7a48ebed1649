// Which trees are mounted in that of a session, and where: knows paths, and asks no disk. What stands above a mount is
// there, whether the home has such a folder or not.

import { namesOf, parentOf, ROOT, type VirtualPath } from '../model/path.ts';
import type { Standing } from './border.ts';
import type { Storage } from './storage.ts';

/** A tree in the tree of a session. */
export interface Mount {
  readonly name: string;
  /** Never "/", and never within another one. */
  readonly at: VirtualPath;
  /** Whether it was taken away. From then on nothing of it may be told, however far a call has come. */
  readonly isGone: boolean;
  /** The tree itself, whose paths begin with `at`; opened when it is first asked for. */
  storage(): Promise<Storage>;
  /** Takes it away. */
  close(): void;
}

/** A name that mounts put into a folder above them. */
export interface MountedName {
  readonly name: string;
  readonly path: VirtualPath;
  /** What is mounted there; undefined for another folder above mounts. */
  readonly mount: Mount | undefined;
}

/** The mounts of one session; for its home, the borders. */
export class MountPoints implements Standing {
  readonly at: VirtualPath = ROOT;
  #mounts: ReadonlyMap<VirtualPath, Mount> = new Map();
  /** The folders above the mounts, with the names that these put there. */
  #above: ReadonlyMap<VirtualPath, ReadonlyMap<string, MountedName>> = new Map();
  #borderDepth = 0;
  #changedMs = 0;

  get mounts(): Iterable<Mount> {
    return this.#mounts.values();
  }

  get isEmpty(): boolean {
    return this.#mounts.size === 0;
  }

  get borderDepth(): number {
    return this.#borderDepth;
  }

  /** When the mounts were last others, in milliseconds since 1970. */
  get changedMs(): number {
    return this.#changedMs;
  }

  /** From now on there are these; others are closed. */
  set(mounts: readonly Mount[], changedMs: number): void {
    const before = this.#mounts;
    const above = new Map<VirtualPath, Map<string, MountedName>>();
    for (const mount of mounts) addAbove(above, { path: mount.at, mount });
    this.#mounts = new Map(mounts.map((mount) => [mount.at, mount]));
    this.#above = above;
    this.#borderDepth = Math.max(0, ...mounts.map(({ at }) => namesOf(at).length));
    this.#changedMs = changedMs;
    for (const mount of before.values()) if (!mounts.includes(mount)) mount.close();
  }

  /** The mount that `path` is in. */
  mountOf(path: VirtualPath): Mount | undefined {
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const part = end === -1 ? path : (path.slice(0, end) as VirtualPath);
      const mount = this.#mounts.get(part);
      if (mount !== undefined || end === -1 || !this.#above.has(part)) return mount;
    }
  }

  /** Whether something is mounted below `path`. */
  isAbove(path: VirtualPath): boolean {
    return this.#above.has(path);
  }

  isBorder(path: VirtualPath): boolean {
    return this.#mounts.has(path) || this.#above.has(path);
  }

  /** The names that mounts put into the folder `path`. */
  namesIn(path: VirtualPath): readonly MountedName[] {
    return [...(this.#above.get(path)?.values() ?? [])];
  }
}

/** Enters `path`, and each folder on the way to it, in the folder above. */
function addAbove(
  above: Map<VirtualPath, Map<string, MountedName>>,
  { path, mount }: { path: VirtualPath; mount: Mount | undefined },
): void {
  const parent = parentOf(path);
  const name = path.slice(parent === ROOT ? 1 : parent.length + 1);
  const names = above.get(parent) ?? new Map<string, MountedName>();
  above.set(parent, names);
  if (mount !== undefined || !names.has(name)) names.set(name, { name, path, mount });
  if (parent !== ROOT) addAbove(above, { path: parent, mount: undefined });
}
