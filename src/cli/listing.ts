// How folders are shown: names alone, in columns, or a line of facts each.

import stringWidth from 'string-width';
import type { Attributes, Entry } from '../model/entry.ts';
import { modeText } from '../model/mode-text.ts';
import { printable } from '../model/printable.ts';

/** Entries in the order people look for them: by name. Names with a leading dot only when asked for. */
export function visibleEntries(entries: readonly Entry[], all: boolean): Entry[] {
  return entries
    .filter(({ name }) => all || !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** `-rw-r--r--       1234  2026-11-22 14:40  name`, one line an entry; `/` follows the name of a folder. */
export function longListing(entries: readonly Entry[]): string[] {
  const width = widest(1, entries, ({ attributes }) => String(attributes.sizeBytes).length);
  return entries.map(
    ({ name, attributes }) =>
      `${modeText(attributes.mode)}  ${String(attributes.sizeBytes).padStart(width)}  ${timeText(attributes.modifiedMs)}  ` +
      shownName(name, attributes),
  );
}

export function shortListing(entries: readonly Entry[]): string[] {
  return entries.map(({ name, attributes }) => shownName(name, attributes));
}

/** Names side by side, filled column by column, as `ls` does on a terminal `width` cells wide. */
export function inColumns(names: readonly string[], width: number): string[] {
  const cell = widest(0, names, (name) => stringWidth(name)) + 2;
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(names.length / columns);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_cell, column) => names[row + column * rows])
      .filter((name) => name !== undefined)
      .map((name) => name + ' '.repeat(cell - stringWidth(name)))
      .join('')
      .trimEnd(),
  );
}

/** Not `Math.max` of all: a call takes only so many arguments, and a folder has more. */
function widest<T>(least: number, things: readonly T[], widthOf: (thing: T) => number): number {
  return things.reduce((width, thing) => Math.max(width, widthOf(thing)), least);
}

/** An entry as `--json` prints it. */
export function entryAsJson(name: string, attributes: Attributes): Record<string, string | number> {
  return {
    name,
    kind: attributes.kind,
    sizeBytes: attributes.sizeBytes,
    mode: modeText(attributes.mode),
    modified: new Date(attributes.modifiedMs).toISOString(),
  };
}

/** Local time, to the minute. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function shownName(name: string, { kind }: Attributes): string {
  return `${printable(name)}${kind === 'directory' ? '/' : kind === 'link' ? '@' : ''}`;
}
