// Showing a line that is being typed: prompt and line -> what to send to the terminal. Pure. Every row is written by us
// and ended by us: the terminal's own wrapping, which terminals do differently at the last column, is never relied on.

import stringWidth from 'string-width';
import { printable } from '../../model/printable.ts';
import type { Line } from './edit.ts';

/** What stands on the screen now. */
export interface Screen {
  readonly rows: readonly Row[];
  /** The cursor's place in `rows`. */
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

interface Row {
  readonly text: string;
  readonly columns: number;
}

export interface ScreenSize {
  /** At least 1. */
  readonly columns: number;
  readonly rows: number;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ASCII = /^[\x20-\x7e]*$/;

/** Lays out prompt and line. A line that is taller than the terminal is shown from its first row to the cursor's. */
export function layOut(prompt: string, line: Pick<Line, 'text' | 'cursor'>, size: ScreenSize): Screen {
  const paper = new Paper(size.columns);
  paper.write(prompt);
  paper.write(line.text.slice(0, line.cursor));
  const cursor = paper.place();
  paper.write(line.text.slice(line.cursor));
  const rows = paper.rows();
  const top = Math.max(0, Math.min(cursor.row - size.rows + 1, rows.length - size.rows));
  return {
    rows: rows.slice(top, top + size.rows),
    cursorRow: cursor.row - top,
    cursorColumn: cursor.column,
  };
}

/** What to send so that `next` stands where `shown` stood; undefined `shown`: the cursor is at the start of a free row. */
export function paint(shown: Screen | undefined, next: Screen): string {
  const added = shown === undefined ? undefined : appended(shown, next);
  if (added !== undefined) return added;
  const back = shown === undefined ? '' : toStart(shown.cursorRow);
  const text = next.rows.map((row) => row.text).join('\r\n');
  return `${back}${text}${moveFrom(next.rows.length - 1, next)}`;
}

/** What to send so that the next output begins on the row below the line. */
export function leave(shown: Screen): string {
  return `${down(shown.rows.length - 1 - shown.cursorRow)}\r\n`;
}

/**
 * The same screen after the terminal's width changed and it has wrapped each row anew, as xterm, VTE, tmux and others
 * do: what `paint` must know to find the start of the line again.
 */
export function rewrapped(shown: Screen, columns: number): Screen {
  const height = (row: Row): number => Math.max(1, Math.ceil(row.columns / columns));
  const above = shown.rows.slice(0, shown.cursorRow).reduce((sum, row) => sum + height(row), 0);
  return { ...shown, cursorRow: above + Math.floor(shown.cursorColumn / columns) };
}

/** Typing at the end of a row, the common case, sends just what was typed. */
function appended(shown: Screen, next: Screen): string | undefined {
  const last = shown.rows.length - 1;
  const before = shown.rows[last];
  const after = next.rows[last];
  if (before === undefined || after === undefined || next.rows.length !== shown.rows.length) return undefined;
  const atEnd = shown.cursorRow === last && shown.cursorColumn === before.columns;
  const endsAtEnd = next.cursorRow === last && next.cursorColumn === after.columns;
  if (!atEnd || !endsAtEnd || !after.text.startsWith(before.text)) return undefined;
  for (let row = 0; row < last; row += 1) {
    if (shown.rows[row]?.text !== next.rows[row]?.text) return undefined;
  }
  return after.text.slice(before.text.length);
}

function toStart(rows: number): string {
  return `${up(rows)}\r\x1b[J`;
}

/** From the end of the last row, where painting ended, to the cursor's place. */
function moveFrom(row: number, { rows, cursorRow, cursorColumn }: Screen): string {
  if (cursorRow === row && cursorColumn === rows[row]?.columns) return '';
  return `${up(row - cursorRow)}\r${cursorColumn > 0 ? `\x1b[${cursorColumn}C` : ''}`;
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : '';
}

function down(rows: number): string {
  return rows > 0 ? `\x1b[${rows}B` : '';
}

class Paper {
  readonly #columns: number;
  readonly #done: Row[] = [];
  #text = '';
  #used = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): void {
    if (ASCII.test(text)) {
      for (let at = 0; at < text.length; ) {
        const part = text.slice(at, at + this.#columns - this.#used);
        this.#add(part, part.length);
        at += part.length;
      }
      return;
    }
    for (const { segment } of segmenter.segment(text)) {
      const shown = printable(segment);
      const columns = stringWidth(shown);
      // An escape such as \u{202e} may be cut between its characters, a wide character may not.
      if (ASCII.test(shown)) for (const character of shown) this.#add(character, 1);
      else this.#add(shown, Math.min(columns, this.#columns));
    }
  }

  place(): { row: number; column: number } {
    return { row: this.#done.length, column: this.#used };
  }

  rows(): Row[] {
    return [...this.#done, { text: this.#text, columns: this.#used }];
  }

  #add(text: string, columns: number): void {
    if (this.#used + columns > this.#columns) this.#endRow();
    this.#text += text;
    this.#used += columns;
    if (this.#used === this.#columns) this.#endRow();
  }

  #endRow(): void {
    this.#done.push({ text: this.#text, columns: this.#used });
    this.#text = '';
    this.#used = 0;
  }
}
