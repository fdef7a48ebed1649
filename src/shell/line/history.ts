// The lines of one session, for the arrow keys. In memory only, and bounded.

const MAX_LINES = 500;
/** Longer lines are pasted data rather than something to call back. */
const MAX_REMEMBERED_LENGTH = 4096;

export interface History {
  /** Remembers a line, unless it is blank, begins with a space, or repeats the last one. */
  add(line: string): void;
  /** The line `back` steps ago, 1 for the last one. */
  get(back: number): string | undefined;
}

export function createHistory(): History {
  const lines: string[] = [];
  return {
    add(line) {
      if (line.trim() === '' || line.startsWith(' ') || line.length > MAX_REMEMBERED_LENGTH) return;
      if (lines.at(-1) === line) return;
      lines.push(line);
      if (lines.length > MAX_LINES) lines.shift();
    },
    get: (back) => lines[lines.length - back],
  };
}
