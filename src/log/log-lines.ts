// Reads the lines of a part of a log file, from its beginning or from its end, a chunk at a time: what is in memory does
// not grow with the file.

import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
/** No record is longer; a line that is has no text. */
const MAX_LINE_BYTES = 1024 * 1024;
const LF = 0x0a;

/** The lines of the bytes from `from` to `to`, without their ends. */
export async function* linesForward(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  for (let at = from; at < to; ) {
    const chunk = await readAt(handle, at, Math.min(CHUNK_BYTES, to - at));
    if (chunk.length === 0) break;
    at += chunk.length;
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield joined([...parts, chunk.subarray(start, end)]);
      parts = [];
      start = end + 1;
    }
    keep(parts, chunk.subarray(start));
  }
  yield joined(parts);
}

/** The lines of the first `to` bytes, the last one first, each with where it begins. */
export async function* linesBackward(
  handle: FileHandle,
  to: number,
): AsyncGenerator<{ readonly line: Buffer; readonly at: number }> {
  /** Of the line whose beginning was not read yet, the last part first. */
  let parts: Buffer[] = [];
  for (let end = to; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const chunk = await readAt(handle, start, end - start);
    let lineEnd = chunk.length;
    while (lineEnd > 0) {
      const newline = chunk.lastIndexOf(LF, lineEnd - 1);
      if (newline < 0) break;
      yield { line: joined([chunk.subarray(newline + 1, lineEnd), ...parts.reverse()]), at: start + newline + 1 };
      parts = [];
      lineEnd = newline;
    }
    keep(parts, chunk.subarray(0, lineEnd));
    end = start;
  }
  yield { line: joined(parts.reverse()), at: 0 };
}

/** Adds to a line that is not whole yet; of one that is too long nothing but that is kept. */
function keep(parts: Buffer[], part: Buffer): void {
  if (parts.reduce((sum, { length }) => sum + length, 0) <= MAX_LINE_BYTES) parts.push(part);
}

function joined(parts: readonly Buffer[]): Buffer {
  const line = Buffer.concat(parts);
  return line.length > MAX_LINE_BYTES ? Buffer.alloc(0) : line;
}

/** Fewer bytes than asked for where the file has become shorter. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
