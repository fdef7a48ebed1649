// Calls that move content by descriptor. Content waits for the disk as a matter of course, in a thread: a write stands still when
// the kernel has too much to bring to the disk, a read until what is asked for was fetched. But of a small file it is in
// memory nearly always, and a trip to a thread and back takes several times as long as the call. So the content of small
// files is moved at once, as long as none of all calls on content stands still, and each of these calls proves to be quick.

import * as fs from 'node:fs';
import { Promptness } from './promptness.ts';

/** Files of this size, at most, are small. */
export const SMALL_FILE_BYTES: number = 64 * 1024;

/** As fs.read and fs.write have it: how many bytes were moved, which may be fewer than asked for. */
export type Moved = (error: NodeJS.ErrnoException | null, bytes: number) => void;

/** A piece of the memory of this process, and where it is in the file. */
export interface Piece {
  readonly memory: Uint8Array;
  readonly start: number;
  readonly length: number;
  readonly offset: number;
}

/** `moved` is called once, later or before the call returns. */
export interface ContentCalls {
  read(descriptor: number, piece: Piece, isSmallFile: boolean, moved: Moved): void;
  write(descriptor: number, piece: Piece, isSmallFile: boolean, moved: Moved): void;
}

/** Each of them in a thread of libuv's pool. */
export const SLOW_CONTENT: ContentCalls = {
  read: (descriptor, { memory, start, length, offset }, _, moved) =>
    fs.read(descriptor, memory, start, length, offset, moved),
  write: (descriptor, { memory, start, length, offset }, _, moved) =>
    fs.write(descriptor, memory, start, length, offset, moved),
};

/** Those of small files at once, as long as all are prompt. */
export function createLocalContent(promptness: Promptness = new Promptness()): ContentCalls {
  const aside = (moved: Moved): Moved => {
    const answered = promptness.beginAside();
    return (error, bytes) => {
      answered();
      moved(error, bytes);
    };
  };
  const atOnce = (call: () => number, moved: Moved): void => {
    let bytes: number;
    try {
      bytes = promptness.atOnce(call);
    } catch (error) {
      moved(error as NodeJS.ErrnoException, 0);
      return;
    }
    moved(null, bytes);
  };
  return {
    read(descriptor, piece, isSmallFile, moved) {
      const { memory, start, length, offset } = piece;
      if (isSmallFile && promptness.isPrompt) {
        // It may have grown since it was looked at.
        const smallLength = Math.min(length, SMALL_FILE_BYTES);
        atOnce(() => fs.readSync(descriptor, memory, start, smallLength, offset), moved);
      } else {
        SLOW_CONTENT.read(descriptor, piece, isSmallFile, aside(moved));
      }
    },
    write(descriptor, piece, isSmallFile, moved) {
      const { memory, start, length, offset } = piece;
      if (isSmallFile && promptness.isPrompt) {
        atOnce(() => fs.writeSync(descriptor, memory, start, length, offset), moved);
      } else {
        SLOW_CONTENT.write(descriptor, piece, isSmallFile, aside(moved));
      }
    },
  };
}
