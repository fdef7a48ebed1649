// An open file as its identity sees it: what it was opened for is all that can be done with it, and what was moved is
// recorded when it is closed.

import type { OpenFileInfo } from '../model/account.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { FileEvent } from '../model/event.ts';
import type { CloseOptions, OpenFile, OpenOptions } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { changeActions, type Guard } from './guard.ts';
import { outcomeOf, type Recorder } from './recorder.ts';

/** Wraps a file of the storage that `guard` has let `options` open. */
export function guardFile(parts: GuardedFileParts): OpenFile {
  return new GuardedFile(parts);
}

interface GuardedFileParts {
  readonly file: OpenFile;
  readonly options: OpenOptions;
  readonly guard: Guard;
  readonly recorder: Recorder;
  /** Where it stands while it is open. */
  readonly openFiles: Set<OpenFileInfo> | undefined;
}

class GuardedFile implements OpenFile, OpenFileInfo {
  readonly path: VirtualPath;
  readonly #file: OpenFile;
  readonly #canRead: boolean;
  readonly #canWrite: boolean;
  readonly #guard: Guard;
  readonly #openFiles: Set<OpenFileInfo> | undefined;
  readonly #endUpload: ((outcome: FileEvent['outcome'], bytes: number) => void) | undefined;
  readonly #endDownload: ((outcome: FileEvent['outcome'], bytes: number) => void) | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor({ file, options, guard, recorder, openFiles }: GuardedFileParts) {
    this.#openFiles = openFiles;
    openFiles?.add(this);
    this.path = file.path;
    this.#file = file;
    this.#canRead = options.read === true;
    this.#canWrite = options.write === true;
    this.#guard = guard;
    if (this.#canWrite) this.#endUpload = recorder.start({ event: 'file.upload', path: file.path });
    if (this.#canRead) this.#endDownload = recorder.start({ event: 'file.download', path: file.path });
  }

  get direction(): OpenFileInfo['direction'] {
    return this.#canRead && this.#canWrite ? 'both' : this.#canWrite ? 'upload' : 'download';
  }

  get bytes(): number {
    return this.#bytesRead + this.#bytesWritten;
  }

  async read(target: Uint8Array, offset: number): Promise<number> {
    if (!this.#canRead) throw new FileError('permission-denied', { path: this.path, detail: 'not open for reading' });
    try {
      const bytes = await this.#file.read(target, offset);
      this.#bytesRead += bytes;
      return bytes;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async write(data: Uint8Array, offset: number): Promise<void> {
    if (!this.#canWrite) throw new FileError('permission-denied', { path: this.path, detail: 'not open for writing' });
    try {
      await this.#file.write(data, offset);
      this.#bytesWritten += data.length;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  stat(): Promise<Attributes> {
    return this.#file.stat();
  }

  async setAttributes(changes: AttributeChanges): Promise<void> {
    if (changes.sizeBytes !== undefined && !this.#canWrite) {
      throw new FileError('permission-denied', { path: this.path, detail: 'not open for writing' });
    }
    // The right to change the size came with the right to write; the others are attributes of the path.
    const actions = changeActions(changes).filter((action) => action !== 'overwrite');
    this.#guard.check(this.path, ...actions);
    await this.#file.setAttributes(changes);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  space(): Promise<Space> {
    return this.#file.space();
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: CloseOptions): Promise<void> {
    try {
      await this.#file.close(options);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      this.#openFiles?.delete(this);
      const outcome = this.#failure === undefined ? 'ok' : outcomeOf(this.#failure);
      this.#endUpload?.(outcome === 'ok' && options.abandon === true ? 'cancelled' : outcome, this.#bytesWritten);
      // A file opened both ways that was only written is no download.
      if (!this.#canWrite || this.#bytesRead > 0) this.#endDownload?.(outcome, this.#bytesRead);
    }
  }
}
