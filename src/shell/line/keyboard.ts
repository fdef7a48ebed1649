// The keys of one terminal session, in order. Reads ahead while a command runs, so that ^C is seen and what was typed
// meanwhile is not lost; stops reading when too much waits, so that a pasted file stays with its sender.

import type { Readable } from 'node:stream';
import { nextChunk } from '../../streams/next-chunk.ts';
import { PeerGone } from '../../streams/peer-gone.ts';
import { createKeyDecoder, type Key } from './keys.ts';

/** How much may wait to be taken before reading stops, in keys and characters of text. */
const MAX_WAITING = 65_536;

export interface Keyboard {
  /** The next key; undefined when the input has ended. Rejects with the signal's reason when that is aborted first. */
  next(signal: AbortSignal): Promise<Key | undefined>;
  /** Keys that wait to be taken. */
  waiting(): number;
  /** Tells whoever waits for a key that the window has another size. */
  resized(): void;
  /** While set, ^C is no key: it throws away what waits, and calls this. */
  onInterrupt: (() => void) | undefined;
  /** Stops reading. The stream itself stays open. */
  close(): void;
}

export function openKeyboard(stream: Readable, peerSignal: AbortSignal): Keyboard {
  const decoder = createKeyDecoder();
  const closing = new AbortController();
  const stopped = AbortSignal.any([peerSignal, closing.signal]);
  const queue: Key[] = [];
  let waitingLength = 0;
  let ended = false;
  let wakeReader: (() => void) | undefined;
  let wakePump: (() => void) | undefined;

  const put = (key: Key): void => {
    queue.push(key);
    waitingLength += key.kind === 'text' ? key.text.length : 1;
  };
  const wake = (): void => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const accept = (chunk: Buffer): void => {
    for (const key of decoder.push(chunk)) {
      if (key.kind === 'interrupt' && keyboard.onInterrupt !== undefined) {
        queue.length = 0;
        waitingLength = 0;
        keyboard.onInterrupt();
      } else {
        put(key);
      }
    }
    wake();
  };
  const pump = async (): Promise<void> => {
    for (;;) {
      while (waitingLength >= MAX_WAITING && !stopped.aborted) {
        await new Promise<void>((resolve) => {
          wakePump = resolve;
        });
      }
      const chunk = await nextChunk(stream, stopped);
      if (chunk === undefined) return;
      accept(chunk);
    }
  };

  const keyboard: Keyboard = {
    onInterrupt: undefined,
    waiting: () => queue.length,
    resized() {
      // Only somebody who waits has drawn anything; who comes later asks for the size anyway.
      if (wakeReader === undefined) return;
      put({ kind: 'resize' });
      wake();
    },
    async next(signal) {
      for (;;) {
        signal.throwIfAborted();
        const key = queue.shift();
        if (key !== undefined) {
          waitingLength -= key.kind === 'text' ? key.text.length : 1;
          wakePump?.();
          return key;
        }
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          const woken = (): void => {
            signal.removeEventListener('abort', woken);
            resolve();
          };
          wakeReader = woken;
          signal.addEventListener('abort', woken, { once: true });
        });
      }
    },
    close() {
      closing.abort(new PeerGone('the keyboard was closed'));
      wakePump?.();
    },
  };

  // However reading ends, there are no more keys; who runs the session learns from its own signal that the peer is gone.
  const end = (): void => {
    ended = true;
    wake();
  };
  pump().then(end, end);
  return keyboard;
}
