// A home with trees mounted in it, all in memory: what is in each can be looked at by itself.

import { parsePath, type VirtualPath } from '../../src/model/path.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import { type Mount, MountPoints } from '../../src/storage/mount-points.ts';
import { openMountedStorage } from '../../src/storage/mounted.ts';
import type { Permit, Storage } from '../../src/storage/storage.ts';

/** When the mounts were made, as the folders above them tell. */
export const MOUNTED_MS = 1_234_567_890_000;

export interface TestMount extends Mount {
  readonly tree: Storage;
  /** How often it was closed. */
  closed: number;
}

export interface MountedTrees {
  /** All of it, as the user sees it. */
  readonly storage: Storage;
  readonly home: Storage;
  readonly points: MountPoints;
  /** What is mounted at each path. */
  readonly mounts: readonly TestMount[];
}

/** A mount of `tree`; in memory unless told. */
export function mountAt(path: string, tree?: Storage): TestMount {
  const at = parsePath(path);
  const storage = tree ?? createMemoryStorage({ standing: { at, borderDepth: 0, isBorder: () => false } });
  let isGone = false;
  return {
    name: path,
    at,
    tree: storage,
    closed: 0,
    get isGone() {
      return isGone;
    },
    storage: async () => storage,
    close() {
      isGone = true;
      this.closed += 1;
    },
  };
}

export function mountTrees(...paths: readonly string[]): MountedTrees {
  const points = new MountPoints();
  const home = createMemoryStorage({ standing: points });
  const mounts = paths.map((path) => mountAt(path));
  points.set(mounts, MOUNTED_MS);
  return { storage: openMountedStorage({ home, points, onClose: () => undefined }), home, points, mounts };
}

export const allow = (): void => undefined;
export const allowBoth: { from: Permit; to: Permit } = { from: allow, to: allow };
export const allowLink: { existing: Permit; path: Permit } = { existing: allow, path: allow };

export async function write(storage: Storage, path: string, content = 'content'): Promise<void> {
  const file = await storage.open(parsePath(path), { write: true, create: true, truncate: true }, allow);
  await file.write(Buffer.from(content), 0);
  await file.close();
}

export async function read(storage: Storage, path: string): Promise<string> {
  const file = await storage.open(parsePath(path), { read: true }, allow);
  const content = Buffer.alloc(1000);
  const bytes = await file.read(content, 0);
  await file.close();
  return content.toString('utf8', 0, bytes);
}

export async function makeFolder(storage: Storage, path: string): Promise<void> {
  await storage.makeDirectory(parsePath(path), undefined, allow);
}

export async function makeLink(storage: Storage, path: string, target: string): Promise<void> {
  await storage.makeLink(parsePath(path), target, allow);
}

export async function names(storage: Storage, path: string, batch = 100): Promise<string[]> {
  const directory = await storage.list(parsePath(path), allow);
  const found: string[] = [];
  for (let next = await directory.read(batch); next.length > 0; next = await directory.read(batch)) {
    found.push(...next.map(({ name }) => name));
  }
  await directory.close();
  return found.sort();
}

export async function realPath(storage: Storage, path: string): Promise<VirtualPath> {
  return storage.realPath(parsePath(path), allow);
}
