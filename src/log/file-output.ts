// The log file: lines are appended, and a file that is full is put aside as FILE1, FILE2 ..., the newest first. Whoever logs
// never waits, whatever the disk does: lines that it does not take are lost and counted, it is asked again with the next
// ones, and told then how many those were. Knows nothing of what a line says.

import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Writable } from 'node:stream';

/** What waits beyond this many characters is lost: the disk has stood still for long. */
const MAX_WAITING = 16 * 1024 * 1024;
const LF = 0x0a;

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
}

interface Current {
  readonly handle: FileHandle;
  sizeBytes: number;
  /** A pipe or a device is never put aside. */
  readonly isRegular: boolean;
}

/** A stream that takes whole lines, each in one write, and fails never. Ending it waits for what is on its way. */
export function fileOutput({ file, maxFileBytes, maxFiles, lostLine, onTrouble }: FileOutputParts): Writable {
  let waiting: string[] = [];
  let waitingLength = 0;
  let lost = 0;
  let isTroubled = false;
  let writing: Promise<void> | undefined;
  let current: Current | undefined;

  const troubled = (error: unknown): void => {
    if (!isTroubled) onTrouble(error as Error);
    isTroubled = true;
  };

  const putAside = async ({ handle }: Current): Promise<void> => {
    current = undefined;
    await handle.close();
    if (maxFiles < 2) return rm(file, { force: true });
    for (let number = maxFiles - 1; number > 0; number -= 1) {
      await rename(numbered(file, number - 1), numbered(file, number)).catch(unlessMissing);
    }
  };

  const append = async (lines: readonly string[]): Promise<void> => {
    let written = 0;
    try {
      while (written < lines.length) {
        current ??= await openAtEnd(file);
        if (current.isRegular && current.sizeBytes >= maxFileBytes) {
          await putAside(current);
          continue;
        }
        const told = lost;
        const parts = told > 0 ? [lostLine(told)] : [];
        let roomBytes = maxFileBytes - current.sizeBytes;
        let end = written;
        for (; end < lines.length && roomBytes > 0; end += 1) {
          const line = lines[end] ?? '';
          parts.push(line);
          roomBytes -= Buffer.byteLength(line);
        }
        await appendWhole(current, Buffer.from(parts.join('')));
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
    closeSync(openSync(file, 'a'));
  } catch (error) {
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
  const handle = await open(file, 'a+');
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
