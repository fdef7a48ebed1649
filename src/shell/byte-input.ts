// What the peer sends, without a terminal: chunks as they come, or lines. Pulled, so that what nobody reads stays with the
// peer; bounded, so that a line without an end costs no memory.

import type { Readable } from 'node:stream';
import { decodeBytes } from '../model/bytes.ts';
import { arrivedChunk, nextChunk } from '../streams/next-chunk.ts';

/** Longest line in bytes that is read as a line. */
export const MAX_LINE_BYTES = 65_536;
const LF = 0x0a;

export interface ByteInput {
  /** The next bytes; undefined at the end of the input. @throws PeerGone The input broke off before its end. */
  read(signal: AbortSignal): Promise<Buffer | undefined>;
  /** What has arrived and was not read, also when the input has broken off since; undefined when there is nothing. */
  arrived(): Buffer | undefined;
  /**
   * The next line without its LF or CR LF; a last line needs none; undefined at the end of the input.
   * A line longer than MAX_LINE_BYTES is skipped to its end, and has no text.
   */
  readLine(signal: AbortSignal): Promise<{ readonly text: string | undefined } | undefined>;
}

export function createByteInput(stream: Readable): ByteInput {
  let rest: Buffer = Buffer.alloc(0);

  const takeRest = (): Buffer => {
    const chunk = rest;
    rest = Buffer.alloc(0);
    return chunk;
  };

  const read = async (signal: AbortSignal): Promise<Buffer | undefined> => {
    return rest.length === 0 ? nextChunk(stream, signal) : takeRest();
  };

  const readLine = async (signal: AbortSignal): Promise<{ readonly text: string | undefined } | undefined> => {
    const parts: Buffer[] = [];
    let length = 0;
    for (let chunk = await read(signal); chunk !== undefined; chunk = await read(signal)) {
      const end = chunk.indexOf(LF);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      length += part.length;
      if (length <= MAX_LINE_BYTES) parts.push(part);
      else parts.length = 0;
      if (end >= 0) {
        rest = chunk.subarray(end + 1);
        return { text: length > MAX_LINE_BYTES ? undefined : lineText(parts) };
      }
    }
    if (length === 0) return undefined;
    return { text: length > MAX_LINE_BYTES ? undefined : lineText(parts) };
  };

  return { read, arrived: () => (rest.length === 0 ? arrivedChunk(stream) : takeRest()), readLine };
}

function lineText(parts: readonly Buffer[]): string {
  const line = Buffer.concat(parts);
  return decodeBytes(line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
}
