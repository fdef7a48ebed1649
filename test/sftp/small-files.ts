// Files in memory, as little as SFTP needs to be tested without a disk. A test can look into every file, and can hold
// any operation up: `before` is awaited with the verb and path, and may throw.

import type { AttributeChanges, Attributes, Entry, EntryKind, Space } from '../../src/model/entry.ts';
import { FileError } from '../../src/model/error.ts';
import type { Directory, Files, OpenFile, OpenOptions } from '../../src/model/files.ts';
import { nameOf, parentOf, parsePath, ROOT, type VirtualPath } from '../../src/model/path.ts';

interface Node {
  kind: EntryKind;
  content: Buffer;
  mode: number;
  uid: number;
  gid: number;
  accessedMs: number;
  modifiedMs: number;
}

export interface SmallFiles extends Files {
  readonly nodes: Map<string, Node>;
  /** Files and folders open now. */
  readonly openCount: () => number;
  /** Every verb in the order in which it was done, with its path. */
  readonly did: string[];
  before: (verb: string, path: string) => Promise<void>;
  put(path: string, content?: string | Buffer): void;
  putFolder(path: string): void;
  text(path: string): string;
}

const TYPE: Readonly<Record<EntryKind, number>> = {
  file: 0o100000,
  directory: 0o040000,
  link: 0o120000,
  other: 0o010000,
};
const SPACE: Space = {
  blockBytes: 4096,
  totalBlocks: 1000,
  freeBlocks: 600,
  availableBlocks: 500,
  totalFiles: 100,
  freeFiles: 40,
  maxNameBytes: 255,
};
export const SMALL_FILES_OWNER = 1000;
export const SMALL_FILES_TIME_MS = 1_000_000_000_000;

export function createSmallFiles(): SmallFiles {
  const nodes = new Map<string, Node>();
  const did: string[] = [];
  let open = 0;

  const node = (kind: EntryKind, mode: number, content: Buffer = Buffer.alloc(0)): Node => ({
    kind,
    content,
    mode,
    uid: SMALL_FILES_OWNER,
    gid: SMALL_FILES_OWNER,
    accessedMs: SMALL_FILES_TIME_MS,
    modifiedMs: SMALL_FILES_TIME_MS,
  });
  nodes.set(ROOT, node('directory', 0o700));

  const attributesOf = (of: Node): Attributes => ({
    kind: of.kind,
    mode: TYPE[of.kind] | of.mode,
    sizeBytes: of.content.length,
    uid: of.uid,
    gid: of.gid,
    linkCount: 1,
    accessedMs: of.accessedMs,
    modifiedMs: of.modifiedMs,
  });

  /** The node at `path`, its last link followed. */
  const find = (path: VirtualPath, follow = true, hops = 0): Node => {
    const found = nodes.get(path);
    if (found === undefined) throw new FileError('not-found', { path });
    if (found.kind !== 'link' || !follow) return found;
    if (hops > 8) throw new FileError('link-loop', { path });
    return find(parsePath(found.content.toString(), parentOf(path)), follow, hops + 1);
  };
  const add = (path: VirtualPath, made: Node): void => {
    if (nodes.has(path)) throw new FileError('already-exists', { path });
    if (find(parentOf(path)).kind !== 'directory') throw new FileError('not-a-directory', { path });
    nodes.set(path, made);
  };
  const childrenOf = (path: string): string[] =>
    [...nodes.keys()].filter((child) => child !== ROOT && parentOf(child as VirtualPath) === path);

  function change(of: Node, path: string, { mode, sizeBytes, owner, times }: AttributeChanges): void {
    if (sizeBytes !== undefined) {
      if (sizeBytes > 1e6) throw new FileError('no-space', { path });
      const content = Buffer.alloc(sizeBytes);
      of.content.copy(content);
      of.content = content;
    }
    if (mode !== undefined) of.mode = mode;
    if (owner !== undefined) throw new FileError('permission-denied', { path });
    if (times !== undefined) Object.assign(of, times);
  }

  function openFile(path: VirtualPath, of: Node, { append = false }: OpenOptions): OpenFile {
    open += 1;
    let isOpen = true;
    const begin = async (verb: string): Promise<void> => {
      if (!isOpen) throw new FileError('closed', { path });
      await files.before(verb, path);
      did.push(`${verb} ${path}`);
    };
    return {
      path,
      async read(target, offset) {
        await begin('read');
        return of.content.copy(target, 0, Math.min(offset, of.content.length));
      },
      async write(data, offset) {
        await begin('write');
        const start = append ? of.content.length : offset;
        const end = start + data.length;
        if (end > 1e6) throw new FileError('no-space', { path });
        if (end > of.content.length) of.content = Buffer.concat([of.content, Buffer.alloc(end - of.content.length)]);
        of.content.set(data, start);
      },
      async stat() {
        await begin('fstat');
        return attributesOf(of);
      },
      async setAttributes(changes) {
        await begin('fsetstat');
        change(of, path, changes);
      },
      sync: () => begin('sync'),
      async space() {
        await begin('fspace');
        return SPACE;
      },
      async close() {
        if (!isOpen) return;
        await begin('close');
        isOpen = false;
        open -= 1;
      },
    };
  }

  function openDirectory(path: VirtualPath): Directory {
    const entries: Entry[] = childrenOf(path).map((child) => ({
      name: nameOf(child as VirtualPath),
      attributes: attributesOf(find(child as VirtualPath, false)),
    }));
    open += 1;
    let isOpen = true;
    return {
      path,
      async read(limit) {
        await files.before('readdir', path);
        did.push(`readdir ${path}`);
        return entries.splice(0, limit);
      },
      stat: async () => attributesOf(find(path)),
      async close() {
        if (!isOpen) return;
        isOpen = false;
        open -= 1;
      },
    };
  }

  const begin = async (verb: string, path: string): Promise<void> => {
    await files.before(verb, path);
    did.push(`${verb} ${path}`);
  };

  const files: SmallFiles = {
    nodes,
    did,
    openCount: () => open,
    before: async () => {},
    put: (path, content = '') => void nodes.set(path, node('file', 0o644, Buffer.from(content))),
    putFolder: (path) => void nodes.set(path, node('directory', 0o755)),
    text: (path) => find(parsePath(path)).content.toString(),

    async list(path) {
      await begin('list', path);
      if (find(path).kind !== 'directory') throw new FileError('not-a-directory', { path });
      return openDirectory(path);
    },
    async stat(path) {
      await begin('stat', path);
      return attributesOf(find(path));
    },
    async lstat(path) {
      await begin('lstat', path);
      return attributesOf(find(path, false));
    },
    async open(path, options) {
      await begin('open', path);
      const found = nodes.get(path);
      if (found === undefined && options.create === true) add(path, node('file', options.mode ?? 0o666));
      else if (found !== undefined && options.exclusive === true) throw new FileError('already-exists', { path });
      const of = find(path);
      if (of.kind === 'directory') throw new FileError('is-a-directory', { path });
      if (options.truncate === true) of.content = Buffer.alloc(0);
      return openFile(path, of, options);
    },
    async makeDirectory(path, { mode = 0o777 } = {}) {
      await begin('makeDirectory', path);
      add(path, node('directory', mode));
    },
    async remove(path) {
      await begin('remove', path);
      if (find(path, false).kind === 'directory') throw new FileError('is-a-directory', { path });
      nodes.delete(path);
    },
    async removeDirectory(path) {
      await begin('removeDirectory', path);
      if (path === ROOT) throw new FileError('permission-denied', { path });
      if (find(path, false).kind !== 'directory') throw new FileError('not-a-directory', { path });
      if (childrenOf(path).length > 0) throw new FileError('not-empty', { path });
      nodes.delete(path);
    },
    async rename(from, to, { replace = false } = {}) {
      await begin('rename', `${from} ${to}`);
      const moved = find(from, false);
      if (from === ROOT || to === ROOT) throw new FileError('permission-denied', { path: from });
      if (nodes.has(to) && !replace) throw new FileError('already-exists', { path: to });
      nodes.delete(from);
      nodes.set(to, moved);
    },
    async copy() {
      throw new FileError('unsupported');
    },
    async setAttributes(path, changes, { followLinks = true } = {}) {
      await begin('setAttributes', path);
      const of = find(path, followLinks);
      if (of.kind === 'link' && changes.mode !== undefined) throw new FileError('unsupported', { path });
      change(of, path, changes);
    },
    async readLink(path) {
      await begin('readLink', path);
      const of = find(path, false);
      if (of.kind !== 'link') throw new FileError('invalid-argument', { path });
      return of.content.toString();
    },
    async makeLink(path, target) {
      await begin('makeLink', path);
      add(path, node('link', 0o777, Buffer.from(target)));
    },
    async makeHardLink(existing, path) {
      await begin('makeHardLink', `${existing} ${path}`);
      add(path, find(existing, false));
    },
    async realPath(path) {
      await begin('realPath', path);
      if (path !== ROOT) find(parentOf(path));
      return path;
    },
    async space(path) {
      await begin('space', path);
      find(path);
      return SPACE;
    },
  };
  return files;
}
