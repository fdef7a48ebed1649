// An open regular file on the disk. The read and write paths are bare callbacks: one promise for each call, no copy.

import { fstatSync, read as readCall, write as writeCall } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { checkChanges, checkEnd, checkOffset } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { CloseOptions, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { applyChanges, attributesOf, spaceOf } from './disk-attributes.ts';
import { diskError } from './disk-error.ts';
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
  readonly mayHang: boolean;
  /** Whether the content is synced before the file is closed, and whether it is when that is asked for. */
  readonly syncsOnClose: boolean;
  readonly sync: SyncPolicy;
  /** What else there is to do once the descriptor is closed. What it throws, close() throws. */
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
      let done = 0;
      const next = (): void => {
        readCall(this.#descriptor, target, done, target.length - done, offset + done, (error, bytes) => {
          if (error !== null) return end(error, done);
          done += bytes;
          if (bytes === 0 || done === target.length) return end(null, done);
          // Less than asked is nearly always the end of the file: to look at the size is cheaper than to read nothing,
          // where it can be had at once.
          if (this.#parts.mayHang) return next();
          try {
            if (offset + done < this.#sizeNow()) next();
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
    return this.#append ? this.#writeAtEnd(data) : this.#writeAt(data, offset);
  }

  stat(): Promise<Attributes> {
    return this.#run(async () => attributesOf(await this.#calls.fstat(this.#descriptor)));
  }

  setAttributes(changes: AttributeChanges): Promise<void> {
    return this.#run(async () => {
      checkChanges(changes, this.path);
      if (changes.sizeBytes !== undefined) this.#checkOpen(this.#write, 'not open for writing');
      await applyChanges(changes, {
        truncate: (sizeBytes) => this.#truncate(sizeBytes),
        chmod: (mode) => this.#calls.fchmod(this.#descriptor, mode),
        chown: (uid, gid) => changeOwner(this.#descriptor, uid, gid),
        utimes: (accessed, modified) => this.#calls.futimes(this.#descriptor, accessed, modified),
      });
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

  space(): Promise<Space> {
    return this.#run(async () => spaceOf(await statfs(this.#host)));
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
    await this.#turns.run(() => this.#endInTurn(abandon));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What fails is remembered, and keeps a file from being taken for whole. NFS tells of lost writes at close(2). */
  async #endInTurn(abandon: boolean): Promise<void> {
    const { syncsOnClose, end } = this.#parts;
    const attempt = async (call: () => Answer<void>): Promise<void> => {
      try {
        await call();
      } catch (error) {
        this.#failure ??= diskError(error, this.path);
      }
    };
    if (this.#write && syncsOnClose && !abandon && this.#failure === undefined)
      await attempt(() => syncDescriptor(this.#descriptor));
    // The kernel may bring what was written on its way now.
    const calls = callsFor(this.#calls, this.#write ? this.#knownBytes : undefined);
    await attempt(() => calls.close(this.#descriptor));
    const how = this.#failure !== undefined ? 'failed' : abandon ? 'cut-off' : 'finished';
    if (end !== undefined) await attempt(() => end(how));
  }

  /** fs.write may write less than it was asked to, and says so by a number alone. */
  #writeAt(data: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#begin();
      let done = 0;
      const next = (): void => {
        writeCall(this.#descriptor, data, done, data.length - done, offset + done, (error, bytes) => {
          done += bytes;
          if (error === null && bytes > 0 && done < data.length) return next();
          this.#turns.end();
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

  /**
   * On Linux the file is open with O_APPEND: the kernel puts the data at the end, so that no two sessions that append
   * meet, and ignores the offset. Elsewhere the offset counts.
   */
  async #writeAtEnd(data: Uint8Array): Promise<void> {
    const before = this.#lastAppend;
    this.#begin();
    try {
      const append = before.then(async () => this.#writeAt(data, await this.#size()));
      // Its own caller is told of a failure; the next one only waits.
      this.#lastAppend = append.catch(() => undefined);
      await append;
    } finally {
      this.#end();
    }
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

  async #size(): Promise<number> {
    if (!this.#parts.mayHang) return this.#sizeNow();
    const { size } = await this.#turns.run(async () => this.#calls.fstat(this.#descriptor));
    return size;
  }

  /** Clients read on until they are told that there is no more: that can be told without asking the disk for content. */
  #isBeyondEnd(offset: number): boolean {
    return offset >= this.#knownBytes && !this.#parts.mayHang && offset >= this.#sizeNow();
  }

  async #truncate(sizeBytes: number): Promise<void> {
    await callsFor(this.#calls, this.#knownBytes).ftruncate(this.#descriptor, sizeBytes);
    this.#knownBytes = sizeBytes;
  }

  /** Asked of the descriptor of a file just read or written: on a local disk nothing is waited for. */
  #sizeNow(): number {
    this.#knownBytes = fstatSync(this.#descriptor).size;
    return this.#knownBytes;
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
