// How folders are shown: names alone, in columns, or a line of facts each.

import stringWidth from 'string-width';
import type { Attributes, Entry } from '../model/entry.ts';
import { printable } from '../model/printable.ts';

/** By the type bits of `st_mode`. */
const TYPE_LETTERS: ReadonlyMap<number, string> = new Map([
  [0o010000, 'p'],
  [0o020000, 'c'],
  [0o040000, 'd'],
  [0o060000, 'b'],
  [0o100000, '-'],
  [0o120000, 'l'],
  [0o140000, 's'],
]);

/** Entries in the order people look for them: by name. Names with a leading dot only when asked for. */
export function visibleEntries(entries: readonly Entry[], all: boolean): Entry[] {
  return entries
    .filter(({ name }) => all || !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** `-rw-r--r--       1234  2026-11-22 14:40  name`, one line an entry; `/` follows the name of a folder. */
export function longListing(entries: readonly Entry[]): string[] {
  const width = Math.max(1, ...entries.map(({ attributes }) => String(attributes.sizeBytes).length));
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
  const cell = Math.max(0, ...names.map((name) => stringWidth(name))) + 2;
  const columns = Math.max(1, Math.floor(width / cell));
  const rows = Math.ceil(names.length / columns);
  return Array.from({ length: rows }, (_, row) =>
    names
      .filter((_name, index) => index % rows === row)
      .map((name) => name + ' '.repeat(cell - stringWidth(name)))
      .join('')
      .trimEnd(),
  );
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

/** `drwxr-x---`. */
export function modeText(mode: number): string {
  const bits = [0o400, 0o200, 0o100, 0o040, 0o020, 0o010, 0o004, 0o002, 0o001];
  return (
    (TYPE_LETTERS.get(mode & 0o170000) ?? '?') + bits.map((bit, at) => (mode & bit ? 'rwx'[at % 3] : '-')).join('')
  );
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
