// The list of passwords that everybody knows: a text file, one a line, with as many lines as there are. It is searched
// when a password is set and never held: ten million lines take a tenth of a second, no memory, and are always the ones
// that stand there now.

import { type FileHandle, open } from 'node:fs/promises';
import { errnoInWords } from '../model/errno.ts';
import { normalisePassword } from './password.ts';

const CHUNK_BYTES = 256 * 1024;

/** The file of breached passwords can't be read. The message has no path. */
export class BreachedFileError extends Error {
  override readonly name = 'BreachedFileError';

  constructor(cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException;
    super(`no password can be set: the file that passwords.breached-list names can't be read (${errnoInWords(code)})`, {
      cause,
    });
  }
}

/** Whether `password` is a line of the file, in either way to write é. @throws BreachedFileError */
export async function isBreached(file: string, password: string): Promise<boolean> {
  const composed = normalisePassword(password);
  const forms = new Set([password, composed, composed.normalize('NFD')]);
  const lines = [...forms].map((form) => Buffer.from(`\n${form}`));
  try {
    const handle = await open(file, 'r');
    try {
      return await hasLine(handle, lines);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new BreachedFileError(error);
  }
}

/** Whether one of `lines`, each behind the end of the line before it, is in the file as a whole line. */
async function hasLine(handle: FileHandle, lines: readonly Buffer[]): Promise<boolean> {
  const longest = Math.max(...lines.map(({ length }) => length));
  // Room for a line that began in the chunk before, and for its end.
  const kept = longest + 2;
  const buffer = Buffer.alloc(kept + CHUNK_BYTES);
  // The first line has an end before it, too.
  let filled = buffer.write('\n');
  for (;;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    const isLast = bytesRead === 0;
    filled += bytesRead;
    if (lines.some((line) => isWholeLine(buffer.subarray(0, filled), line, isLast))) return true;
    if (isLast) return false;
    const from = Math.max(0, filled - kept);
    filled = buffer.copy(buffer, 0, from, filled);
  }
}

const LF = 0x0a;
const CR = 0x0d;

function isWholeLine(bytes: Buffer, line: Buffer, isLast: boolean): boolean {
  for (let at = bytes.indexOf(line); at >= 0; at = bytes.indexOf(line, at + 1)) {
    let end = at + line.length;
    if (bytes[end] === CR) end += 1;
    // Where the chunk ends, the next one shows what follows.
    if (end < bytes.length ? bytes[end] === LF : isLast) return true;
  }
  return false;
}
