// Reads a file of settings whole: no more than a limit, and only a regular file (a FIFO would block, a device never end).

import { constants, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { errnoInWords } from '../model/errno.ts';

export interface SmallFile {
  readonly bytes: Buffer;
  readonly stats: Stats;
  /** Differs whenever content, owner or mode may differ. */
  readonly stamp: string;
}

/** The file is of a kind or size that is never read. The message has no path. */
export class UnfitFileError extends Error {
  override readonly name = 'UnfitFileError';
}

/** Reads `file`, through links. @throws UnfitFileError, and the errors of the system. */
export async function readSmallFile(file: string, maxBytes: number): Promise<SmallFile> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new UnfitFileError(errnoInWords('EISDIR'));
    if (!stats.isFile()) throw new UnfitFileError('this is not a regular file');
    if (stats.size > maxBytes) throw new UnfitFileError(`this has more than ${maxBytes} bytes`);
    return { bytes: await handle.readFile(), stats, stamp: stampOf(stats) };
  } finally {
    await handle.close();
  }
}

/** The stamp of what is at `file` now; undefined when nothing is. What can't be looked at has a stamp of its own. */
export async function readStamp(file: string): Promise<string | undefined> {
  try {
    return stampOf(await stat(file));
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    if (isSystemError(error)) return `unreadable:${error.code}`;
    throw error;
  }
}

/** Whether `error` is one of the system's, with this code. */
export function isSystemError(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'syscall' in error && (code === undefined || ('code' in error && error.code === code))
  );
}

/** Why a file can't be read, as the system has it, and what to do where that is known. */
export function unreadReason({ code }: NodeJS.ErrnoException): string {
  const cure = code === 'EACCES' || code === 'EPERM' ? ': run it as the account that owns the file' : '';
  return `can't be read (${errnoInWords(code)})${cure}`;
}

const PASSING: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EIO', 'ESTALE', 'ETIMEDOUT']);

/**
 * Whether the system may answer otherwise in a moment, though nothing of the file changes: what was asked of a server that
 * has no descriptor left says nothing about the file.
 */
export function isPassing(error: unknown): error is NodeJS.ErrnoException {
  return isSystemError(error) && PASSING.has(error.code ?? '');
}

function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(':');
}
