// A home in memory, for tests and examples: the same behaviour as the disk, without one. Simple before fast.

import { checkChanges, checkLinkTarget, checkOpenOptions, permissionBits } from '../model/checks.ts';
import type { Space } from '../model/entry.ts';
import { FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import { isWithin, MAX_NAME_BYTES, ROOT, type VirtualPath } from '../model/path.ts';
import { ALONE, type Standing } from './border.ts';
import { MemoryDirectory, MemoryOpenFile } from './memory-handle.ts';
import {
  attributesOfNode,
  changeNode,
  type MemoryBudget,
  type MemoryFolder,
  type MemoryNode,
  newFile,
  newFolder,
  newLink,
  resize,
} from './memory-node.ts';
import type { LastLink } from './place.ts';
import type { Permit, Storage } from './storage.ts';
import { type Footing, type LookedUp, type Spot, walk } from './walk.ts';

const BLOCK_BYTES = 4096;

/** Where a path leads in memory. */
interface Found {
  readonly path: VirtualPath;
  readonly folder: MemoryFolder;
  readonly name: string;
  readonly node: MemoryNode | undefined;
}

interface MemoryParts {
  /** What all files together may hold, 64 MiB unless told; more is `no-space`. */
  readonly capacityBytes?: number;
  /** Alone unless told. */
  readonly standing?: Standing;
}

/** Makes an empty storage. */
export function createMemoryStorage({ capacityBytes = 64 * 1024 * 1024, standing = ALONE }: MemoryParts = {}): Storage {
  const home = newFolder(0o700);
  const budget: MemoryBudget = { capacityBytes, usedBytes: 0 };
  const footing: Footing<MemoryFolder> = { home, standing, look, leave: () => undefined };

  function find(path: VirtualPath, last: LastLink): Found {
    const spot = walkTo(path, last);
    const node = spot.name === '' ? home : spot.folder.entries.get(spot.name);
    return { path: spot.path, folder: spot.folder, name: spot.name, node };
  }

  /** A folder in memory knows no paths: the error is told whose it is. */
  function walkTo(path: VirtualPath, last: LastLink): Spot<MemoryFolder> {
    try {
      return walk(footing, path, last);
    } catch (error) {
      throw isFileError(error, 'not-found') ? new FileError(error.code, { path }) : error;
    }
  }

  function space(): Space {
    const freeBlocks = Math.floor((capacityBytes - budget.usedBytes) / BLOCK_BYTES);
    return {
      blockBytes: BLOCK_BYTES,
      totalBlocks: Math.floor(capacityBytes / BLOCK_BYTES),
      freeBlocks,
      availableBlocks: freeBlocks,
      totalFiles: 0,
      freeFiles: 0,
      maxNameBytes: MAX_NAME_BYTES,
      at: standing.at,
    };
  }

  function refuseRoot(found: Found, path: VirtualPath): void {
    if (found.path !== standing.at) return;
    const what = standing.at === ROOT ? 'home' : 'shared folder';
    throw new FileError('permission-denied', { path, detail: `this is the ${what} itself` });
  }

  function removeName({ folder, name, node }: Found): void {
    folder.entries.delete(name);
    if (node === undefined) return;
    node.linkCount -= 1;
    if (node.kind === 'file' && node.linkCount === 0) budget.usedBytes -= node.sizeBytes;
  }

  return {
    async list(path, permit) {
      const found = find(path, 'follow');
      ask(permit, found);
      if (found.node?.kind !== 'directory') throw missingOr(found, 'not-a-directory', path);
      return new MemoryDirectory(found.path, found.node);
    },

    async stat(path, followLinks, permit) {
      const found = find(path, followLinks ? 'follow' : 'keep');
      ask(permit, found);
      return attributesOfNode(nodeOf(found, path));
    },

    async open(path, options, permit) {
      checkOpenOptions(options, path);
      const found = find(path, options.exclusive === true ? 'keep' : 'follow');
      ask(permit, found);
      let file = found.node;
      if (file === undefined) {
        if (options.create !== true) throw new FileError('not-found', { path });
        file = newFile(permissionBits(options.mode ?? 0o666));
        addName(found, file);
      } else {
        if (options.exclusive === true) throw new FileError('already-exists', { path });
        if (file.kind !== 'file') throw new FileError('is-a-directory', { path });
        if (options.truncate === true) resize(file, 0, budget);
      }
      return new MemoryOpenFile({ path: found.path, file, options, budget, space });
    },

    async makeDirectory(path, mode, permit) {
      const found = find(path, 'keep');
      ask(permit, found);
      refuseTaken(found, path);
      addName(found, newFolder(permissionBits(mode ?? 0o777)));
    },

    async remove(path, permit) {
      const found = find(path, 'keep');
      ask(permit, found);
      refuseRoot(found, path);
      if (nodeOf(found, path).kind === 'directory') throw new FileError('is-a-directory', { path });
      removeName(found);
    },

    async removeDirectory(path, permit) {
      const found = find(path, 'keep');
      ask(permit, found);
      refuseRoot(found, path);
      if (found.node?.kind !== 'directory') throw missingOr(found, 'not-a-directory', path);
      if (found.node.entries.size > 0) throw new FileError('not-empty', { path });
      removeName(found);
    },

    async rename(from, to, replace, permits) {
      const source = find(from, 'keep');
      const target = find(to, 'keep');
      ask(permits.from, source);
      ask(permits.to, target);
      refuseRoot(source, from);
      refuseRoot(target, to);
      const node = nodeOf(source, from);
      if (target.node !== undefined && !replace) throw new FileError('already-exists', { path: to });
      if (target.node === node) return;
      if (isWithin(target.path, source.path)) throw new FileError('invalid-argument', { path: to });
      if (target.node !== undefined) {
        if (target.node.kind === 'directory') {
          if (node.kind !== 'directory') throw new FileError('is-a-directory', { path: to });
          if (target.node.entries.size > 0) throw new FileError('not-empty', { path: to });
        } else if (node.kind === 'directory') {
          throw new FileError('not-a-directory', { path: to });
        }
        removeName(target);
      }
      source.folder.entries.delete(source.name);
      addName(target, node);
    },

    async setAttributes(path, changes, followLinks, permit) {
      const found = find(path, followLinks ? 'follow' : 'keep');
      ask(permit, found);
      checkChanges(changes, path);
      const node = nodeOf(found, path);
      if (changes.mode !== undefined && node.kind === 'link') throw new FileError('unsupported', { path });
      if (changes.sizeBytes !== undefined && node.kind !== 'file') {
        throw new FileError(node.kind === 'directory' ? 'is-a-directory' : 'permission-denied', { path });
      }
      changeNode(node, changes, budget);
    },

    async readLink(path, permit) {
      const found = find(path, 'keep');
      ask(permit, found);
      if (found.node?.kind !== 'link') throw missingOr(found, 'invalid-argument', path);
      return found.node.target;
    },

    async makeLink(path, target, permit) {
      const found = find(path, 'keep');
      ask(permit, found);
      checkLinkTarget(target, path);
      refuseTaken(found, path);
      addName(found, newLink(target));
    },

    async makeHardLink(existing, path, permits) {
      const source = find(existing, 'keep');
      const target = find(path, 'keep');
      ask(permits.existing, source);
      ask(permits.path, target);
      const node = nodeOf(source, existing);
      if (node.kind === 'directory') throw new FileError('permission-denied', { path: existing });
      refuseTaken(target, path);
      node.linkCount += 1;
      addName(target, node);
    },

    async realPath(path, permit) {
      const found = find(path, 'follow');
      ask(permit, found);
      return found.path;
    },

    async space(path, permit) {
      const found = find(path, 'follow');
      ask(permit, found);
      nodeOf(found, path);
      return space();
    },

    close() {},
  };
}

function look(folder: MemoryFolder, name: string, mayEnter: boolean): LookedUp<MemoryFolder> | undefined {
  const node = folder.entries.get(name);
  if (node === undefined && mayEnter) throw new FileError('not-found');
  if (node?.kind === 'directory' && mayEnter) return { entered: node };
  return node?.kind === 'link' ? { target: node.target } : undefined;
}

function addName({ folder, name }: Found, node: MemoryNode): void {
  folder.entries.set(name, node);
  folder.modifiedMs = Date.now();
}

function ask(permit: Permit, { path, node }: Found): void {
  permit({ path, kind: node?.kind });
}

function nodeOf({ node }: Found, path: VirtualPath): MemoryNode {
  if (node === undefined) throw new FileError('not-found', { path });
  return node;
}

function missingOr(found: Found, code: FileErrorCode, path: VirtualPath): FileError {
  return new FileError(found.node === undefined ? 'not-found' : code, { path });
}

function refuseTaken(found: Found, path: VirtualPath): void {
  if (found.node !== undefined) throw new FileError('already-exists', { path });
}
