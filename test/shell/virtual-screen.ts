// A terminal's screen as far as the shell uses one: text, CR, LF, moving the cursor, erasing. Anything else that arrives
// is a control character that should not have: it is kept in `strays`.

import stringWidth from 'string-width';

export class VirtualScreen {
  readonly strays: string[] = [];
  #columns: number;
  #rows: number;
  #lines: string[][] = [[]];
  row = 0;
  column = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** The rows from the first that was ever shown, without spaces at their ends. */
  lines(): string[] {
    return this.#lines.map((cells) =>
      cells
        .map((cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
  }

  text(): string {
    return this.lines().join('\n');
  }

  /** Wraps each row anew, as terminals do. */
  resize(columns: number, rows: number): void {
    const lines: string[][] = [];
    let row = 0;
    let column = 0;
    for (const [index, cells] of this.#lines.entries()) {
      if (index === this.row) {
        row = lines.length + Math.floor(this.column / columns);
        column = this.column % columns;
      }
      const parts = Math.max(1, Math.ceil(cells.length / columns));
      for (let part = 0; part < parts; part += 1) lines.push(cells.slice(part * columns, (part + 1) * columns));
    }
    this.#lines = lines;
    this.row = row;
    this.column = column;
    this.#columns = columns;
    this.#rows = rows;
  }

  write(text: string): void {
    const pattern = /\x1b\[(\d*)(?:;\d+)?([A-Za-z])|[\s\S]/gu;
    for (const [whole, count, final] of text.matchAll(pattern)) {
      if (final !== undefined) this.#sequence(Number(count || 0), final);
      else this.#character(whole);
    }
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.#rows);
  }

  #sequence(count: number, final: string): void {
    const steps = Math.max(1, count);
    if (final === 'A') this.row = Math.max(this.#top, this.row - steps);
    else if (final === 'B') this.row = Math.min(this.#lines.length - 1, this.row + steps);
    else if (final === 'C') this.column = Math.min(this.#columns - 1, this.column + steps);
    else if (final === 'H') [this.row, this.column] = [this.#top, 0];
    else if (final === 'J') this.#erase(count === 2 ? this.#top : this.row, count === 2 ? 0 : this.column);
    else if (final === 'K') this.#lines[this.row]?.splice(this.column);
    else if (final !== 'm') this.strays.push(final);
  }

  #erase(row: number, column: number): void {
    this.#lines.length = Math.max(row, this.row) + 1;
    for (let at = row + 1; at <= this.row; at += 1) this.#lines[at] = [];
    this.#lines[row]?.splice(column);
  }

  #character(character: string): void {
    if (character === '\r') {
      this.column = 0;
    } else if (character === '\n') {
      this.row += 1;
      if (this.row === this.#lines.length) this.#lines.push([]);
    } else if (character < ' ' || (character >= '\x7f' && character <= '\x9f')) {
      if (character !== '\x07') this.strays.push(character);
    } else {
      this.#put(character);
    }
  }

  #put(character: string): void {
    const width = stringWidth(character);
    const line = this.#lines[this.row] ?? [];
    if (this.column + width > this.#columns) {
      this.column = 0;
      this.row += 1;
      if (this.row === this.#lines.length) this.#lines.push([]);
      this.#put(character);
      return;
    }
    while (line.length < this.column) line.push(' ');
    line[this.column] = character;
    if (width === 2) line[this.column + 1] = '';
    this.column += width;
  }
}
