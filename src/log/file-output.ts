// The log file: lines are appended, and a file that is full is put aside as FILE1, FILE2 ..., the newest first; where that
// can't be done it grows, which is said, and is tried again later. Whoever logs never waits, whatever the disk does: lines
// that it does not take are lost and counted, it is asked again with the next ones, and told then how many those were.
// Knows nothing of what a line says.

import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Writable } from 'node:stream';
import { errnoInWords, errnoName } from '../model/errno.ts';

/** What stands at the path is no file to append to, and will be none when the disk is well again. */
const LASTING: ReadonlySet<string> = new Set([
  'EISDIR',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'EROFS',
  'ENAMETOOLONG',
]);

/** The log file can't be opened, and a start is the moment to say so. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
}

/** What waits beyond this many characters is lost: the disk has stood still for long. */
const MAX_WAITING = 16 * 1024 * 1024;
/** When it is tried again to put aside what could not be. */
const AGAIN_MS = 3_600_000;
const LF = 0x0a;

/** Of a file that is made: who did what from where is for the server's account and its group. As syslog has it. */
export const LOG_FILE_MODE = 0o640;

export interface FileOutputParts {
  readonly file: string;
  /** Size at which a file is put aside. */
  readonly maxFileBytes: number;
  /** Files kept, the current one included. */
  readonly maxFiles: number;
  /** The line that says how many were lost. */
  readonly lostLine: (lost: number) => string;
  /** Lines are not taken. Told once, until some are again. */
  readonly onTrouble: (error: Error) => void;
  /** The line that says that a full file could not be put aside, and grows: one for each time that it was tried. */
  readonly growingLine: (error: Error) => string;
  /** How long a full file that could not be put aside grows until that is tried again; an hour unless told. */
  readonly againMs?: number;
}

interface Current {
  readonly handle: FileHandle;
  sizeBytes: number;
  /** A pipe or a device is never put aside. */
  readonly isRegular: boolean;
}

/**
 * A stream that takes whole lines, each in one write, and fails never. Ending it waits for what is on its way.
 *
 * @throws LogFileError
 */
export function fileOutput(parts: FileOutputParts): Writable {
  const { file, maxFileBytes, maxFiles, lostLine, onTrouble, growingLine, againMs = AGAIN_MS } = parts;
  let waiting: string[] = [];
  let waitingLength = 0;
  let lost = 0;
  let isTroubled = false;
  let writing: Promise<void> | undefined;
  let current: Current | undefined;
  /** Until then a full file grows, by the clock that nobody sets. */
  let growsUntilMs = Number.NEGATIVE_INFINITY;

  const troubled = (error: unknown): void => {
    if (!isTroubled) onTrouble(error as Error);
    isTroubled = true;
  };

  const takeNameAway = async (): Promise<void> => {
    if (maxFiles < 2) return rm(file, { force: true });
    for (let number = maxFiles - 1; number > 0; number -= 1) {
      await rename(numbered(file, number - 1), numbered(file, number)).catch(unlessMissing);
    }
  };

  /** Puts it aside; or, where its folder does not let us, goes on with it: then false. */
  const putAside = async (full: Current): Promise<boolean> => {
    try {
      await takeNameAway();
    } catch (error) {
      growsUntilMs = performance.now() + againMs;
      await appendWhole(full, Buffer.from(growingLine(error as Error)));
      return false;
    }
    current = undefined;
    await full.handle.close();
    return true;
  };

  const append = async (lines: readonly string[]): Promise<void> => {
    let written = 0;
    let isTried = false;
    try {
      while (written < lines.length) {
        current ??= await openAtEnd(file);
        const mayGrow = isTried || performance.now() < growsUntilMs;
        if (current.isRegular && current.sizeBytes >= maxFileBytes && !mayGrow) {
          isTried = !(await putAside(current));
          continue;
        }
        const told = lost;
        const pieces = told > 0 ? [lostLine(told)] : [];
        let roomBytes = mayGrow ? Number.POSITIVE_INFINITY : maxFileBytes - current.sizeBytes;
        let end = written;
        for (; end < lines.length && roomBytes > 0; end += 1) {
          const line = lines[end] ?? '';
          pieces.push(line);
          roomBytes -= Buffer.byteLength(line);
        }
        await appendWhole(current, Buffer.from(pieces.join('')));
        written = end;
        lost -= told;
        isTroubled = false;
      }
    } catch (error) {
      lost += lines.length - written;
      troubled(error);
      // It may be another file, or on another disk, when it is asked again.
      const failed = current;
      current = undefined;
      await failed?.handle.close().catch(() => undefined);
    }
  };

  const writeAll = async (): Promise<void> => {
    // What is logged together is written together.
    await undefined;
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      waitingLength = 0;
      await append(lines);
    }
    writing = undefined;
  };

  const end = async (): Promise<void> => {
    while (writing !== undefined) await writing;
    await current?.handle.close().catch(troubled);
  };

  try {
    // It must be there before the process becomes another user, and is given that file.
    makeFolder(dirname(file));
    closeSync(openSync(file, 'a', LOG_FILE_MODE));
  } catch (error) {
    // The latter is what making a folder says of a file that stands there.
    const name = errnoName(error) === 'EEXIST' ? 'ENOTDIR' : errnoName(error);
    if (name !== undefined && LASTING.has(name)) {
      throw new LogFileError(
        `${file}: the log file can't be written (${errnoInWords(name)}); choose another with --log-file`,
      );
    }
    troubled(error);
  }
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, callback) {
      if (waitingLength > MAX_WAITING) {
        lost += 1;
      } else {
        waiting.push(line);
        waitingLength += line.length;
        writing ??= writeAll();
      }
      callback();
    },
    final(callback) {
      void end().then(() => callback());
    },
  });
}

/** A line that a kill has cut off is ended: the next one is none of it. */
async function openAtEnd(file: string): Promise<Current> {
  const handle = await open(file, 'a+', LOG_FILE_MODE);
  try {
    const stats = await handle.stat();
    const current = { handle, sizeBytes: stats.isFile() ? stats.size : 0, isRegular: stats.isFile() };
    if (current.sizeBytes > 0) {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, current.sizeBytes - 1);
      if (buffer[0] !== LF) await appendWhole(current, Buffer.of(LF));
    }
    return current;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** All of it or nothing: half a line would be the beginning of the next. */
async function appendWhole(current: Current, bytes: Buffer): Promise<void> {
  let done = 0;
  try {
    while (done < bytes.length) done += (await current.handle.write(bytes, done)).bytesWritten;
  } catch (error) {
    if (done > 0 && current.isRegular) await current.handle.truncate(current.sizeBytes).catch(() => undefined);
    throw error;
  }
  if (current.isRegular) current.sizeBytes += done;
}

/** `log.jsonl`, `log1.jsonl`, `log2.jsonl` ...; 0 is the current one. */
function numbered(file: string, number: number): string {
  const extension = extname(file);
  return join(dirname(file), `${basename(file, extension)}${number === 0 ? '' : number}${extension}`);
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** As makeFolders of model/, which can't be waited for here. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}
