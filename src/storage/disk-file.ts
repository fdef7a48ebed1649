// An open regular file on the disk. The read and write paths are bare callbacks: one promise for each call, no copy.

import { fstatSync, type Stats } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { checkChanges, checkEnd, checkOffset } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { CloseOptions, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { appendInOrder } from './append-order.ts';
import { type ContentCalls, SMALL_FILE_BYTES } from './content-calls.ts';
import { applyChanges, attributesOf, spaceOf } from './disk-attributes.ts';
import { diskError } from './disk-error.ts';
import type { HeldFile } from './held-file.ts';
import type { HostPath } from './place.ts';
import { type Answer, callsFor, changeOwner, type NameCalls, syncDescriptor } from './system-calls.ts';
import type { Turns } from './turns.ts';
import type { Ending } from './upload-aside.ts';
import type { SyncPolicy } from './upload-policy.ts';

interface DiskFileParts {
  /** Open as `options` say. */
  readonly descriptor: number;
  readonly path: VirtualPath;
  readonly options: OpenOptions;
  /** A path to ask for the file system by. */
  readonly host: HostPath;
  readonly turns: Turns;
  /** How large it was when it was opened. */
  readonly sizeBytes: number;
  /** How calls that move no content are made, and whether its file system may hang: see Place. */
  readonly calls: NameCalls;
  readonly content: ContentCalls;
  readonly mayHang: boolean;
  /** Whether the content is synced before the file is closed, and whether it is when that is asked for. */
  readonly syncsOnClose: boolean;
  readonly sync: SyncPolicy;
  /** Where what it holds may be counted. Released at the close, unless `end` does that. */
  readonly held: HeldFile | undefined;
  readonly endReleases: boolean;
  /** How long the file may become, as it is now. */
  readonly maxFileBytes: () => number;
  /** What else there is to do once the descriptor is closed, in a turn of its own. What it throws, close() throws. */
  readonly end?: (how: Ending) => Promise<void>;
}

export class DiskFile implements OpenFile {
  readonly path: VirtualPath;
  readonly #descriptor: number;
  readonly #host: HostPath;
  readonly #read: boolean;
  readonly #write: boolean;
  readonly #append: boolean;
  readonly #parts: DiskFileParts;
  readonly #turns: Turns;
  readonly #calls: NameCalls;
  /** How large it was when it was last looked at, or written here. Others may write it, too. */
  #knownBytes: number;
  /** Calls under way. The descriptor is closed only after them: its number would be somebody else's file by then. */
  #underWay = 0;
  /** Those of them that change the disk just now. */
  #changing = 0;
  readonly #onQuiet: Array<() => void> = [];
  #onIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** The first write or sync that failed: whoever closes the file must not take it for whole. */
  #failure: unknown;
  /** The append before this one, ended one way or the other: each must see where the last one ended. */
  #lastAppend: Promise<unknown> = Promise.resolve();

  /** Takes over the descriptor. */
  constructor(parts: DiskFileParts) {
    this.#parts = parts;
    this.#descriptor = parts.descriptor;
    this.path = parts.path;
    this.#host = parts.host;
    this.#turns = parts.turns;
    this.#calls = parts.calls;
    this.#knownBytes = parts.sizeBytes;
    this.#read = parts.options.read === true;
    this.#write = parts.options.write === true;
    this.#append = parts.options.append === true;
    parts.held?.attach({ stats: () => this.#stats(), quiet: () => this.#quiet() });
  }

  read(target: Uint8Array, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#checkOpen(this.#read, 'not open for reading');
      checkOffset(offset, this.path);
      if (target.length === 0 || this.#isBeyondEnd(offset)) return resolve(0);
      this.#begin();
      const end = (error: unknown, bytes: number): void => {
        this.#turns.end();
        this.#end();
        if (error === null) resolve(bytes);
        else reject(diskError(error, this.path));
      };
      const { content } = this.#parts;
      let done = 0;
      const next = (): void => {
        const piece = { memory: target, start: done, length: target.length - done, offset: offset + done };
        content.read(this.#descriptor, piece, this.#knownBytes <= SMALL_FILE_BYTES, (error, bytes) => {
          if (error !== null) return end(error, done);
          done += bytes;
          if (bytes === 0 || done === target.length) return end(null, done);
          // Less than asked is nearly always the end of the file: to look at the size is cheaper than to read nothing,
          // where it can be had at once.
          if (this.#parts.mayHang) return next();
          try {
            if (offset + done < this.#statsNow().size) next();
            else end(null, done);
          } catch (failure) {
            end(failure, done);
          }
        });
      };
      this.#turns.take(next);
    });
  }

  write(data: Uint8Array, offset: number): Promise<void> {
    try {
      this.#checkOpen(this.#write, 'not open for writing');
      checkEnd(offset, data.length, this.path);
    } catch (error) {
      return Promise.reject(error);
    }
    if (data.length === 0) return Promise.resolve();
    const { held, maxFileBytes } = this.#parts;
    if (this.#append || held?.isCounted === true || offset + data.length > maxFileBytes()) {
      return this.#writeWithin(data, offset);
    }
    return this.#writeAt(data, offset);
  }

  stat(): Promise<Attributes> {
    return this.#run(async () => attributesOf(await this.#calls.fstat(this.#descriptor)));
  }

  async setAttributes(changes: AttributeChanges): Promise<void> {
    const { sizeBytes } = changes;
    this.#checkOpen(true, '');
    checkChanges(changes, this.path);
    if (sizeBytes === undefined) return this.#run(() => this.#apply(changes));
    this.#checkOpen(this.#write, 'not open for writing');
    this.#begin();
    try {
      await this.#refuseTooLarge(sizeBytes);
      const apply = (): Promise<void> => this.#turns.run(() => this.#apply(changes));
      const { held } = this.#parts;
      await (held?.isCounted === true ? held.resizing(sizeBytes, apply) : this.#uncounted(apply));
    } catch (error) {
      throw diskError(error, this.path);
    } finally {
      this.#end();
    }
  }

  #apply(changes: AttributeChanges): Promise<void> {
    return applyChanges(changes, {
      truncate: (sizeBytes) => this.#truncate(sizeBytes),
      chmod: (mode) => this.#calls.fchmod(this.#descriptor, mode),
      chown: (uid, gid) => changeOwner(this.#descriptor, uid, gid),
      utimes: (accessed, modified) => this.#calls.futimes(this.#descriptor, accessed, modified),
    });
  }

  /** After a failure there is nothing to wait for: the kernel tells of a write that was lost only once. */
  async sync(): Promise<void> {
    this.#checkOpen(true, '');
    if (this.#parts.sync === 'off') {
      throw new FileError('unsupported', { path: this.path, detail: 'this server does not sync' });
    }
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#run(() => syncDescriptor(this.#descriptor));
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async space(): Promise<Space> {
    const disk = await this.#run(async () => spaceOf(await statfs(this.#host)));
    return this.#parts.held?.space(disk) ?? disk;
  }

  /** The first call reports what went wrong; later ones only wait for it. */
  close({ abandon = false }: CloseOptions = {}): Promise<void> {
    if (this.#closing !== undefined) {
      return this.#closing.catch(() => undefined);
    }
    this.#closing = this.#close(abandon);
    return this.#closing;
  }

  async #close(abandon: boolean): Promise<void> {
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const { held, endReleases, end } = this.#parts;
    const finishing = held?.finish();
    if (finishing !== undefined) await this.#attempt(() => finishing);
    const releasing = endReleases ? undefined : held?.release();
    if (releasing !== undefined) await this.#attempt(() => releasing);
    await this.#turns.run(() => this.#closeInTurn(abandon));
    const how = this.#failure !== undefined ? 'failed' : abandon ? 'cut-off' : 'finished';
    if (end !== undefined) await this.#attempt(() => end(how));
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #closeInTurn(abandon: boolean): Promise<void> {
    if (this.#write && this.#parts.syncsOnClose && !abandon && this.#failure === undefined)
      await this.#attempt(() => syncDescriptor(this.#descriptor));
    // The kernel may bring what was written on its way now.
    const calls = callsFor(this.#calls, this.#write ? this.#knownBytes : undefined);
    await this.#attempt(() => calls.close(this.#descriptor));
  }

  /** What fails is remembered, and keeps a file from being taken for whole. NFS tells of lost writes at close(2). */
  async #attempt(call: () => Answer<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#failure ??= diskError(error, this.path);
    }
  }

  /** fs.write may write less than it was asked to, and says so by a number alone. */
  #writeAt(data: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#begin();
      this.#changing += 1;
      const { content } = this.#parts;
      const isSmall = Math.max(this.#knownBytes, offset + data.length) <= SMALL_FILE_BYTES;
      let done = 0;
      const next = (): void => {
        const piece = { memory: data, start: done, length: data.length - done, offset: offset + done };
        content.write(this.#descriptor, piece, isSmall, (error, bytes) => {
          done += bytes;
          if (error === null && bytes > 0 && done < data.length) return next();
          this.#turns.end();
          this.#changed();
          this.#end();
          if (done === data.length) {
            this.#knownBytes = Math.max(this.#knownBytes, offset + done);
            return resolve();
          }
          const failure = error === null ? new FileError('io-error', { path: this.path }) : diskError(error, this.path);
          this.#failure ??= failure;
          reject(failure);
        });
      };
      this.#turns.take(next);
    });
  }

  /** Writes what is appended, or counted, or beyond what the file may have. */
  async #writeWithin(data: Uint8Array, offset: number): Promise<void> {
    this.#begin();
    try {
      if (this.#append) return await this.#writeAtEnd(data);
      await this.#refuseTooLarge(offset + data.length);
      const { held } = this.#parts;
      const write = (): Promise<void> => this.#writeAt(data, offset);
      await (held?.isCounted === true ? held.writing(offset + data.length, write) : write());
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      this.#end();
    }
  }

  #writeAtEnd(data: Uint8Array): Promise<void> {
    const append = this.#lastAppend.then(async () => {
      const inOrder = (): Promise<void> => this.#appendWithin(data);
      return this.#parts.maxFileBytes() === Number.POSITIVE_INFINITY
        ? inOrder()
        : appendInOrder(await this.#stats(), inOrder);
    });
    // Its own caller is told of a failure; the next one only waits.
    this.#lastAppend = append.catch(() => undefined);
    return append;
  }

  /**
   * On Linux the file is open with O_APPEND: the kernel puts the data at the end, so that no two sessions that append
   * meet, and ignores the offset. Elsewhere the offset counts.
   */
  #appendWithin(data: Uint8Array): Promise<void> {
    const { held } = this.#parts;
    const append = async (): Promise<void> => {
      const { size } = await this.#stats();
      await this.#refuseTooLarge(size + data.length);
      return this.#writeAt(data, size);
    };
    return held?.isCounted === true ? held.appending(data.length, append) : this.#uncounted(append);
  }

  /** Of a file that is longer already, what is there may be changed. */
  async #refuseTooLarge(endBytes: number): Promise<void> {
    const maxBytes = this.#parts.maxFileBytes();
    if (endBytes <= maxBytes || endBytes <= (await this.#stats()).size) return;
    throw new FileError('too-large', { path: this.path, detail: `a file may have ${maxBytes} bytes` });
  }

  /** Makes a change of the size that whoever begins to count must wait for. */
  async #uncounted(change: () => Promise<void>): Promise<void> {
    this.#changing += 1;
    try {
      await change();
    } finally {
      this.#changed();
    }
  }

  #changed(): void {
    this.#changing -= 1;
    if (this.#changing === 0) for (const goOn of this.#onQuiet.splice(0)) goOn();
  }

  async #quiet(): Promise<void> {
    while (this.#changing > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve));
  }

  async #run<T>(call: () => Promise<T>): Promise<T> {
    this.#checkOpen(true, '');
    this.#begin();
    try {
      return await this.#turns.run(call);
    } catch (error) {
      throw diskError(error, this.path);
    } finally {
      this.#end();
    }
  }

  async #stats(): Promise<Stats> {
    if (!this.#parts.mayHang) return this.#statsNow();
    return this.#turns.run(async () => this.#calls.fstat(this.#descriptor));
  }

  /** Clients read on until they are told that there is no more: that can be told without asking the disk for content. */
  #isBeyondEnd(offset: number): boolean {
    return offset >= this.#knownBytes && !this.#parts.mayHang && offset >= this.#statsNow().size;
  }

  async #truncate(sizeBytes: number): Promise<void> {
    await callsFor(this.#calls, this.#knownBytes).ftruncate(this.#descriptor, sizeBytes);
    this.#knownBytes = sizeBytes;
  }

  /** Asked of the descriptor of a file just read or written: on a local disk nothing is waited for. */
  #statsNow(): Stats {
    const stats = fstatSync(this.#descriptor);
    this.#knownBytes = stats.size;
    return stats;
  }

  #checkOpen(allowed: boolean, detail: string): void {
    if (this.#closing !== undefined) throw new FileError('closed', { path: this.path });
    if (!allowed) throw new FileError('permission-denied', { path: this.path, detail });
  }

  #begin(): void {
    this.#underWay += 1;
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
  }
}
