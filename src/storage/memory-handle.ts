// Open files and folders of the storage in memory.

import { checkChanges, checkEnd, checkLimit, checkOffset } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Entry, Space } from '../model/entry.ts';
import { FileError, type FileErrorCode } from '../model/error.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import {
  attributesOfNode,
  changeNode,
  type MemoryBudget,
  type MemoryFile,
  type MemoryFolder,
  resize,
} from './memory-node.ts';

export class MemoryOpenFile implements OpenFile {
  readonly path: VirtualPath;
  readonly #file: MemoryFile;
  readonly #options: OpenOptions;
  readonly #budget: MemoryBudget;
  readonly #space: () => Space;
  #failure: unknown;
  #closed = false;

  constructor(parts: {
    path: VirtualPath;
    file: MemoryFile;
    options: OpenOptions;
    budget: MemoryBudget;
    space: () => Space;
  }) {
    this.path = parts.path;
    this.#file = parts.file;
    this.#options = parts.options;
    this.#budget = parts.budget;
    this.#space = parts.space;
  }

  async read(target: Uint8Array, offset: number): Promise<number> {
    this.#checkOpen();
    if (this.#options.read !== true) throw this.#error('permission-denied');
    checkOffset(offset, this.path);
    const bytes = Math.max(0, Math.min(target.length, this.#file.sizeBytes - offset));
    if (bytes > 0) target.set(this.#file.content.subarray(offset, offset + bytes));
    return bytes;
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    this.#checkOpen();
    if (this.#options.write !== true) throw this.#error('permission-denied');
    checkEnd(offset, data.length, this.path);
    if (data.length === 0) return;
    const file = this.#file;
    const at = this.#options.append === true ? file.sizeBytes : offset;
    try {
      if (at + data.length > file.sizeBytes) resize(file, at + data.length, this.#budget);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    file.content.set(data, at);
    file.modifiedMs = Date.now();
  }

  async stat(): Promise<Attributes> {
    this.#checkOpen();
    return attributesOfNode(this.#file);
  }

  async setAttributes(changes: AttributeChanges): Promise<void> {
    this.#checkOpen();
    checkChanges(changes, this.path);
    if (changes.sizeBytes !== undefined && this.#options.write !== true) throw this.#error('permission-denied');
    changeNode(this.#file, changes, this.#budget);
  }

  async sync(): Promise<void> {
    this.#checkOpen();
  }

  async space(): Promise<Space> {
    this.#checkOpen();
    return this.#space();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#error('closed');
  }

  #error(code: FileErrorCode): FileError {
    return new FileError(code, { path: this.path });
  }
}

export class MemoryDirectory implements Directory {
  readonly path: VirtualPath;
  readonly #folder: MemoryFolder;
  /** A Map's iterator sees what is added and leaves out what is deleted while it runs, as a disk does. */
  readonly #entries: Iterator<[string, Parameters<typeof attributesOfNode>[0]]>;
  #closed = false;

  constructor(path: VirtualPath, folder: MemoryFolder) {
    this.path = path;
    this.#folder = folder;
    this.#entries = folder.entries.entries();
  }

  async read(limit: number): Promise<readonly Entry[]> {
    this.#checkOpen();
    checkLimit(limit, this.path);
    const entries: Entry[] = [];
    while (entries.length < limit) {
      const next = this.#entries.next();
      if (next.done === true) break;
      const [name, node] = next.value;
      entries.push({ name, attributes: attributesOfNode(node) });
    }
    return entries;
  }

  async stat(): Promise<Attributes> {
    this.#checkOpen();
    return attributesOfNode(this.#folder);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new FileError('closed', { path: this.path });
  }
}
