// An open file as its identity sees it: what it was opened for is all that can be done with it, as long as the rules allow
// it, and what was moved is recorded when it is closed.

import type { OpenFileInfo } from '../model/account.ts';
import type { Action } from '../model/action.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { FileEvent } from '../model/event.ts';
import type { CloseOptions, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { changeActions, type Granted, type Guard } from './guard.ts';
import { revokedError } from './open-directory.ts';
import type { OpenThing, OpenThings } from './open-things.ts';
import type { Pace } from './paces.ts';
import { outcomeOf, type Recorder } from './recorder.ts';

/** What needs no further right on a file that is open for writing, and on one that was made by opening it. */
const OF_WRITING: readonly Action[] = ['overwrite'];
const OF_ONES_OWN: readonly Action[] = [...OF_WRITING, 'chmod', 'chtimes'];

interface GuardedFileParts {
  readonly file: OpenFile;
  readonly options: OpenOptions;
  readonly granted: Granted | undefined;
  readonly guard: Guard;
  readonly things: OpenThings;
  readonly recorder: Recorder;
  readonly pace: Pace | undefined;
  /** Where it stands while it is open. */
  readonly openFiles: Set<OpenFileInfo> | undefined;
}

/** Wraps a file of the storage that `guard` has let `options` open. */
export class GuardedFile implements OpenFile, OpenThing, OpenFileInfo {
  readonly path: VirtualPath;
  readonly #file: OpenFile;
  readonly #canRead: boolean;
  readonly #canWrite: boolean;
  readonly #granted: Granted | undefined;
  readonly #guard: Guard;
  readonly #openFiles: Set<OpenFileInfo> | undefined;
  readonly #things: OpenThings;
  readonly #pace: Pace | undefined;
  /** What waits for its turn to go: a close waits for it, too. */
  readonly #waiting = new Set<Promise<void>>();
  readonly #endUpload: ((outcome: FileEvent['outcome'], bytes: number) => void) | undefined;
  readonly #endDownload: ((outcome: FileEvent['outcome'], bytes: number) => void) | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  #failure: unknown;
  /** Why a write never came to the storage, if one did not: then the file is not whole, and the storage can't know. */
  #failedWrite: unknown;
  /** Set when the right to it was taken away. */
  #revoked: FileError | undefined;
  #onRevoked: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor({ file, options, granted, guard, things, recorder, pace, openFiles }: GuardedFileParts) {
    this.#pace = pace;
    this.#openFiles = openFiles;
    openFiles?.add(this);
    this.path = file.path;
    this.#file = file;
    this.#canRead = options.read === true;
    this.#canWrite = options.write === true;
    this.#granted = granted;
    this.#guard = guard;
    this.#things = things;
    if (this.#canWrite) this.#endUpload = recorder.start({ event: 'file.upload', path: file.path });
    if (this.#canRead) this.#endDownload = recorder.start({ event: 'file.download', path: file.path });
    things.add(this);
  }

  isAllowed(): boolean {
    return this.#guard.stillAllows(this.#granted);
  }

  revoke(): void {
    this.#revoked = revokedError(this.path);
    this.#failure ??= this.#revoked;
    this.#onRevoked?.();
    // Whoever wrote it learns of a failure at the next request, of which there is one at least: the close.
    this.#beginClosing({ abandon: true }).catch(() => undefined);
  }

  get direction(): OpenFileInfo['direction'] {
    return this.#canRead && this.#canWrite ? 'both' : this.#canWrite ? 'upload' : 'download';
  }

  get bytes(): number {
    return this.#bytesRead + this.#bytesWritten;
  }

  async read(target: Uint8Array, offset: number): Promise<number> {
    this.#checkAllowed();
    if (!this.#canRead) throw new FileError('permission-denied', { path: this.path, detail: 'not open for reading' });
    try {
      const bytes = await this.#file.read(target, offset);
      const waiting = this.#pace?.download(bytes);
      if (waiting !== undefined) await this.#wait(waiting);
      this.#bytesRead += bytes;
      return bytes;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    this.#checkAllowed();
    if (!this.#canWrite) throw new FileError('permission-denied', { path: this.path, detail: 'not open for writing' });
    try {
      const waiting = this.#pace?.upload(data.length);
      if (waiting !== undefined) await this.#waitToWrite(waiting);
      await this.#file.write(data, offset);
      this.#bytesWritten += data.length;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async stat(): Promise<Attributes> {
    this.#checkAllowed();
    return this.#file.stat();
  }

  async setAttributes(changes: AttributeChanges): Promise<void> {
    this.#checkAllowed();
    if (changes.sizeBytes !== undefined && !this.#canWrite) {
      throw new FileError('permission-denied', { path: this.path, detail: 'not open for writing' });
    }
    // The right to change the size came with the right to write, and whoever made the file could have given it its mode and
    // time then; the others are attributes of the path.
    const cameWithOpening = this.#granted?.actions.includes('upload') === true ? OF_ONES_OWN : OF_WRITING;
    const actions = changeActions(changes).filter((action) => !cameWithOpening.includes(action));
    this.#guard.check(this.path, ...actions);
    await this.#file.setAttributes(changes);
  }

  async sync(): Promise<void> {
    this.#checkAllowed();
    return this.#file.sync();
  }

  async space(): Promise<Space> {
    this.#checkAllowed();
    return this.#file.space();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    await this.#beginClosing(options);
    // An upload that was cut off is not done, though it is closed.
    if (this.#revoked !== undefined && this.#canWrite) throw this.#revoked;
  }

  #beginClosing(options: CloseOptions): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /** While it waits for its pace it is as good as open: the right to it can still be taken away. */
  async #close(options: CloseOptions): Promise<void> {
    if (this.#waiting.size > 0 && this.#revoked === undefined) await this.#allPassed();
    this.#things.remove(this);
    const failedWrite = this.#failedWrite;
    const isAbandoned = options.abandon === true || this.#revoked !== undefined || failedWrite !== undefined;
    try {
      await this.#file.close({ abandon: isAbandoned });
      if (failedWrite !== undefined && options.abandon !== true) throw failedWrite;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      this.#openFiles?.delete(this);
      const outcome = this.#failure === undefined ? 'ok' : outcomeOf(this.#failure);
      this.#endUpload?.(outcome === 'ok' && isAbandoned ? 'cancelled' : outcome, this.#bytesWritten);
      // A file opened both ways that was only written is no download.
      if (!this.#canWrite || this.#bytesRead > 0) this.#endDownload?.(outcome, this.#bytesRead);
    }
  }

  /** Waits until it may go; by then the right to the file may be gone. */
  async #wait(waiting: Promise<void>): Promise<void> {
    this.#waiting.add(waiting);
    try {
      await waiting;
    } finally {
      this.#waiting.delete(waiting);
    }
    this.#checkAllowed();
  }

  async #waitToWrite(waiting: Promise<void>): Promise<void> {
    try {
      await this.#wait(waiting);
    } catch (error) {
      this.#failedWrite ??= error;
      throw error;
    }
  }

  /** Resolves when nothing waits any more, or nothing of it may go. */
  #allPassed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRevoked = resolve;
      void Promise.allSettled(this.#waiting).then(() => resolve());
    });
  }

  #checkAllowed(): void {
    if (this.#revoked !== undefined) throw this.#revoked;
  }
}
