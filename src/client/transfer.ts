// What uploads and downloads share: what callers may ask for, and what they are told.

import { FileError } from '../model/error.ts';

export interface TransferProgress {
  /** The remote file. */
  readonly path: string;
  /** How much of it is there by now, counting what was there before a resumed transfer. */
  readonly bytes: number;
  /** undefined when the source is a stream. */
  readonly totalBytes: number | undefined;
}

/** Why something was left out of a recursive transfer. */
export interface TransferFailure {
  /** The remote path for a download, the local path for an upload. */
  readonly path: string;
  readonly error: FileError;
}

export interface TransferOptions {
  /** Continue what an earlier transfer has left unfinished. Never with streams. */
  readonly resume?: boolean;
  /** Also folders, with all that is in them. Symbolic links inside are left out and reported. */
  readonly recursive?: boolean;
  /** Keep permission bits and times. */
  readonly preserve?: boolean;
  readonly signal?: AbortSignal;
  /** Called often: after each block of at most 255 KiB. */
  readonly onProgress?: (progress: TransferProgress) => void;
  /** With it a recursive transfer goes on after a failure; without it the first one ends it. */
  readonly onFailure?: (failure: TransferFailure) => void;
}

export interface TransferResult {
  /** Files that are complete on the other side now. */
  readonly files: number;
  /** Bytes that went over the connection. */
  readonly bytes: number;
  /** What `onFailure` was told. */
  readonly failures: number;
}

/** How much of a resumed file is compared with what is there already, before more is added to it. */
export const OVERLAP_BYTES: number = 32 * 1024;

/** @throws FileError `cancelled` when the signal has fired. */
export function checkSignal(signal: AbortSignal | undefined, path: string): void {
  if (signal?.aborted === true) throw new FileError('cancelled', { path, cause: signal.reason });
}

/** Settles as `work` does, or rejects with `cancelled` at once when the signal fires. */
export function cancellable<T>(work: Promise<T>, signal: AbortSignal | undefined, path: string): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(new FileError('cancelled', { path, cause: signal.reason }));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    // Before anybody goes on: whoever does so adds the next one.
    const leave = (): void => signal.removeEventListener('abort', cancel);
    work.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}
