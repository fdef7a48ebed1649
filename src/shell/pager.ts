// Shows long output page by page, as `more` does. One pager for each command that runs at a terminal.

import stringWidth from 'string-width';
import type { Keyboard } from './line/keyboard.ts';
import type { ScreenSize } from './line/line-screen.ts';
import type { Output } from './output.ts';
import { EnoughSeen } from './stop.ts';

export interface Pager {
  /** Waits until there is room for this line. @throws EnoughSeen The user wants no more. */
  beforeLine(text: string): Promise<void>;
  /** Begins a new page: something else was shown. */
  restart(): void;
}

const MORE = '\x1b[7m--More--\x1b[0m';
const ERASE = '\r\x1b[K';

/** `height` 0: the terminal's height is not known, nothing is paged. */
export function createPager(parts: {
  readonly keyboard: Keyboard;
  readonly output: Output;
  readonly size: () => ScreenSize & { readonly paged: boolean };
  readonly signal: AbortSignal;
}): Pager {
  const { keyboard, output, signal } = parts;
  let used = 0;

  const ask = async (): Promise<'page' | 'line'> => {
    await output.text(MORE);
    try {
      for (;;) {
        const key = await keyboard.next(signal);
        if (key === undefined) throw new EnoughSeen();
        if (key.kind === 'enter' || key.kind === 'down') return 'line';
        if (key.kind !== 'text') continue;
        if (/^[qQ]/.test(key.text)) throw new EnoughSeen();
        if (key.text.startsWith(' ')) return 'page';
      }
    } finally {
      if (!signal.aborted) await output.text(ERASE);
    }
  };

  return {
    restart() {
      used = 0;
    },
    async beforeLine(text) {
      const { columns, rows, paged } = parts.size();
      const height = Math.max(1, Math.ceil(stringWidth(text) / columns));
      const room = Math.max(1, rows - 1);
      // What was typed ahead is the next command, not an answer to a question nobody has seen.
      if (paged && used > 0 && used + height > room && keyboard.waiting() === 0) {
        used = (await ask()) === 'page' ? 0 : Math.max(0, room - height);
      }
      used += height;
    },
  };
}
