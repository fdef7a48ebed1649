// Writing to the peer at the speed the peer reads, as text or as bytes, with line ends as a terminal or a pipe wants
// them. Knows nothing of commands.

import type { Writable } from 'node:stream';
import { encodeBytes } from '../model/bytes.ts';
import { writeAll } from '../streams/write-all.ts';

/** Text for a pipe is gathered up to this length before it is sent. */
const GATHERED_LENGTH = 16_384;

export interface Output {
  /** Writes text; LF becomes CR LF on a terminal. The text may carry undecodable bytes as in model/bytes.ts. */
  text(text: string): Promise<void>;
  /** Writes bytes as they are; resolves when the stream has taken them. The stream may keep the buffer. */
  bytes(data: Uint8Array): Promise<void>;
  /** Sends what was gathered. */
  flush(): Promise<void>;
}

export function createOutput(
  stream: Writable,
  options: { readonly terminal: boolean; readonly signal: AbortSignal },
): Output {
  let gathered: string[] = [];
  let gatheredLength = 0;

  const flush = async (): Promise<void> => {
    if (gathered.length === 0) return;
    const text = gathered.join('');
    gathered = [];
    gatheredLength = 0;
    await writeAll(stream, encodeBytes(text), options.signal);
  };

  return {
    flush,
    async text(text) {
      gathered.push(options.terminal ? text.replace(/\r?\n/g, '\r\n') : text);
      gatheredLength += text.length;
      if (options.terminal || gatheredLength >= GATHERED_LENGTH) await flush();
    },
    async bytes(data) {
      await flush();
      await writeAll(stream, data, options.signal);
    },
  };
}
