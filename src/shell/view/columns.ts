// Names in columns, as `ls` lays them out: down first, then across.

import stringWidth from 'string-width';

const GAP = 2;
const MAX_COLUMNS = 64;

/** The lines that show all names within `width` characters; one name a line where they do not fit side by side. */
export function inColumns(names: readonly string[], width: number): string[] {
  const widths = names.map((name) => stringWidth(name));
  const most = Math.min(names.length, MAX_COLUMNS, Math.max(1, Math.floor(width / (1 + GAP))));
  for (let count = most; count > 1; count -= 1) {
    const height = Math.ceil(names.length / count);
    const columnWidths = columnsOf(widths, height).map((column) =>
      column.reduce((most, one) => Math.max(most, one), 0),
    );
    if (columnWidths.reduce((sum, one) => sum + one + GAP, -GAP) <= width)
      return layOut(names, widths, height, columnWidths);
  }
  return [...names];
}

function columnsOf<Item>(items: readonly Item[], height: number): Item[][] {
  const columns: Item[][] = [];
  for (let at = 0; at < items.length; at += height) columns.push(items.slice(at, at + height));
  return columns;
}

function layOut(
  names: readonly string[],
  widths: readonly number[],
  height: number,
  columnWidths: readonly number[],
): string[] {
  return Array.from({ length: height }, (_, row) => {
    let line = '';
    let padding = 0;
    for (const [column, columnWidth] of columnWidths.entries()) {
      const index = column * height + row;
      const name = names[index];
      if (name === undefined) break;
      line += ' '.repeat(padding) + name;
      padding = columnWidth + GAP - (widths[index] ?? 0);
    }
    return line;
  });
}
