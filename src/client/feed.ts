// What is written to and is no regular file: a named pipe, a device. No thread of the process waits in a system call here,
// for the process could not end before that returns: what would wait is tried again.

import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { encodeBytes } from '../model/bytes.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import { localError } from './local-error.ts';

/** The longest time between two tries. */
const MAX_PAUSE_MS = 64;

export interface Feed {
  /** Writes all of it where the last write ended. */
  write(data: Buffer): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a pipe or a device; a pipe when somebody reads it.
 *
 * @param there what is known to be there
 * @param pause resolves after so many milliseconds; rejects when nobody wants to wait any more
 */
export async function openFeed(path: string, there: Stats, pause: (ms: number) => Promise<void>): Promise<Feed> {
  if (there.isSocket()) throw new FileError('unsupported', { path, detail: 'this is a socket' });
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const unread = there.isFIFO() ? 'ENXIO' : undefined;
  const file = await untilReady(path, [unread], pause, () => fs.open(encodeBytes(path), flags));
  return {
    async write(data) {
      let written = 0;
      while (written < data.length) {
        const at = written;
        const { bytesWritten } = await untilReady(path, ['EAGAIN'], pause, () =>
          file.write(data, at, data.length - at),
        );
        written += bytesWritten;
      }
    },
    async close() {
      await file.close().catch((error: unknown) => {
        throw localError(error, path);
      });
    },
  };
}

async function untilReady<T>(
  path: string,
  notReady: readonly (string | undefined)[],
  pause: (ms: number) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const name = errnoName(error);
      if (name === 'EPIPE') throw new FileError('io-error', { path, cause: error, detail: 'whoever read it is gone' });
      if (name === undefined || !notReady.includes(name)) throw localError(error, path);
    }
    await pause(pauseMs);
  }
}
