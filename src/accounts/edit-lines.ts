// Changes single lines of a text and leaves every other byte as it is: byte order mark, line ends, comments, order.

export interface Lines {
  /** Replaces line `line`, counted from 1; undefined removes it. */
  set(line: number, text: string | undefined): void;
  append(text: string): void;
  toString(): string;
}

/** Takes a text apart at its line ends, to be changed. All changes name lines as they were at first. */
export function linesOf(content: string): Lines {
  const mark = content.startsWith('\ufeff') ? '\ufeff' : '';
  const rows: (string | undefined)[] = content.slice(mark.length).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const usualEnd = rows[0]?.endsWith('\r\n') === true ? '\r\n' : '\n';
  return {
    set(line, text) {
      const end = /\r?\n$/.exec(rows[line - 1] ?? '')?.[0] ?? '';
      rows[line - 1] = text === undefined ? undefined : text + end;
    },
    append(text) {
      const last = rows.findLastIndex((row) => row !== undefined);
      if (last >= 0 && rows[last]?.endsWith('\n') === false) rows[last] += usualEnd;
      rows.push(text + usualEnd);
    },
    toString: () => mark + rows.filter((row) => row !== undefined).join(''),
  };
}
