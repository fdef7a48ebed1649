// The scp protocol's bytes on a channel: control lines, replies and file contents, read and written at the peer's speed.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import { printable } from '../model/printable.ts';
import { nextChunk } from '../streams/next-chunk.ts';
import { writeAll } from '../streams/write-all.ts';
import { ScpProtocolError } from './protocol-error.ts';
import type { ScpStreams } from './streams.ts';

/** What the peer answered: go on, an error that ends this file (1), or one that ends everything (2). */
export type Reply = { readonly kind: 'ok' } | { readonly kind: 'error' | 'fatal'; readonly message: string };

/** Longest control line: a name of 255 bytes or a message, with room. OpenSSH reads 2048. */
const MAX_LINE_BYTES = 8192;
/** So many lines are read before everything else in the process has a turn. */
const LINES_AT_ONCE = 100;
const LF = 0x0a;

export interface ScpWire {
  /** The next control line without its line end; undefined when the peer has finished. */
  readLine(): Promise<string | undefined>;
  /** Fills `target`. */
  readFull(target: Uint8Array): Promise<void>;
  /** What of `target` can still be filled before the peer goes away: its whole length, unless that happens. */
  readUpTo(target: Uint8Array): Promise<number>;
  readReply(): Promise<Reply>;
  sendLine(line: string): Promise<void>;
  sendBytes(data: Uint8Array): Promise<void>;
  sendOk(): Promise<void>;
  /** Sends `scp: message` as an error that does not end the transfer (1), or does (2). */
  sendError(message: string, kind?: 'error' | 'fatal'): Promise<void>;
}

export function createScpWire({ input, output, signal }: ScpStreams): ScpWire {
  let rest: Buffer = Buffer.alloc(0);
  let linesRead = 0;

  /** At least one unread byte in `rest`, or false at the end. */
  const fill = async (): Promise<boolean> => {
    if (rest.length > 0) return true;
    const chunk = await nextChunk(input, signal);
    if (chunk !== undefined) rest = chunk;
    return chunk !== undefined;
  };
  const lost = (): ScpProtocolError => new ScpProtocolError('lost connection');

  const wire: ScpWire = {
    async readLine() {
      linesRead += 1;
      // What has arrived is read without a turn of the event loop, and may be a million lines.
      if (linesRead % LINES_AT_ONCE === 0) await nextTurn();
      const parts: Buffer[] = [];
      let length = 0;
      while (await fill()) {
        const end = rest.indexOf(LF);
        const part = end < 0 ? rest : rest.subarray(0, end);
        length += part.length;
        if (length > MAX_LINE_BYTES) throw new ScpProtocolError('control line is too long');
        parts.push(part);
        rest = rest.subarray(end < 0 ? rest.length : end + 1);
        if (end >= 0) return decodeBytes(Buffer.concat(parts));
      }
      if (length > 0) throw lost();
      return undefined;
    },
    async readUpTo(target) {
      let filled = 0;
      while (filled < target.length && (await fill())) {
        const part = rest.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
    async readFull(target) {
      if ((await wire.readUpTo(target)) < target.length) throw lost();
    },
    async readReply() {
      const code = Buffer.alloc(1);
      await wire.readFull(code);
      if (code[0] === 0) return { kind: 'ok' };
      const message = await wire.readLine();
      if (message === undefined) throw lost();
      // Anything but 0, 1 and 2 is a program that writes into the stream, such as a login script.
      return { kind: code[0] === 1 ? 'error' : 'fatal', message };
    },
    sendLine: (line) => writeAll(output, encodeBytes(`${line}\n`), signal),
    sendBytes: (data) => writeAll(output, data, signal),
    sendOk: () => writeAll(output, Buffer.of(0), signal),
    sendError: (message, kind = 'error') =>
      writeAll(output, encodeBytes(`${kind === 'error' ? '\x01' : '\x02'}scp: ${printable(message)}\n`), signal),
  };
  return wire;
}
