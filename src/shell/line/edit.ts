// Editing one line of text: a line and a key -> the line after it. Pure; knows nothing of screens, history or commands.

import type { Key } from './keys.ts';

/** Longest line that can be typed, in UTF-16 units. What goes beyond is not taken. */
export const MAX_LINE_LENGTH = 65_536;

export interface Line {
  readonly text: string;
  /** Before which UTF-16 unit of the text the cursor stands; never inside a grapheme. */
  readonly cursor: number;
  /** What ^U, ^K or ^W cut last; ^Y puts it back. */
  readonly killed: string;
}

export const EMPTY_LINE: Line = { text: '', cursor: 0, killed: '' };

/** No grapheme that people type is longer; keeps a step over a pasted wall of combining marks cheap. */
const GRAPHEME_WINDOW = 64;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The line after the key; the same object when the key changes nothing or is not an editing key. */
export function editLine(line: Line, key: Key): Line {
  const { text, cursor } = line;
  switch (key.kind) {
    case 'text':
      return insert(line, key.text);
    case 'yank':
      return insert(line, line.killed);
    case 'backspace':
      return remove(line, previousGrapheme(text, cursor), cursor);
    case 'delete':
      return remove(line, cursor, nextGrapheme(text, cursor));
    case 'kill-to-end':
      return kill(line, cursor, text.length);
    case 'kill-to-start':
      return kill(line, 0, cursor);
    case 'kill-word':
      return kill(line, wordStart(text, cursor, /\s/), cursor);
    case 'kill-next-word':
      return kill(line, cursor, wordEnd(text, cursor));
    case 'left':
      return moveTo(line, previousGrapheme(text, cursor));
    case 'right':
      return moveTo(line, nextGrapheme(text, cursor));
    case 'home':
      return moveTo(line, 0);
    case 'end':
      return moveTo(line, text.length);
    case 'word-left':
      return moveTo(line, wordStart(text, cursor, /[^\p{L}\p{N}]/u));
    case 'word-right':
      return moveTo(line, wordEnd(text, cursor));
    case 'transpose':
      return transpose(line);
    default:
      return line;
  }
}

function insert(line: Line, added: string): Line {
  const fits = cutWhole(added, MAX_LINE_LENGTH - line.text.length);
  if (fits === '') return line;
  const text = line.text.slice(0, line.cursor) + fits + line.text.slice(line.cursor);
  return { ...line, text, cursor: line.cursor + fits.length };
}

/** The beginning of `text`, without cutting a surrogate pair. */
function cutWhole(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, Math.max(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length));
}

function remove(line: Line, from: number, to: number): Line {
  if (from === to) return line;
  return { ...line, text: line.text.slice(0, from) + line.text.slice(to), cursor: from };
}

function kill(line: Line, from: number, to: number): Line {
  return from === to ? line : { ...remove(line, from, to), killed: line.text.slice(from, to) };
}

function moveTo(line: Line, cursor: number): Line {
  return cursor === line.cursor ? line : { ...line, cursor };
}

function transpose(line: Line): Line {
  const { text } = line;
  const middle = line.cursor === text.length ? previousGrapheme(text, line.cursor) : line.cursor;
  const start = previousGrapheme(text, middle);
  const end = nextGrapheme(text, middle);
  if (start === middle || middle === end) return line;
  const swapped = text.slice(middle, end) + text.slice(start, middle);
  return { ...line, text: text.slice(0, start) + swapped + text.slice(end), cursor: end };
}

function previousGrapheme(text: string, cursor: number): number {
  const from = Math.max(0, cursor - GRAPHEME_WINDOW);
  let start = cursor;
  for (const { index } of segmenter.segment(text.slice(from, cursor))) start = from + index;
  return start;
}

function nextGrapheme(text: string, cursor: number): number {
  for (const { segment } of segmenter.segment(text.slice(cursor, cursor + GRAPHEME_WINDOW)))
    return cursor + segment.length;
  return cursor;
}

function wordStart(text: string, cursor: number, separator: RegExp): number {
  let at = cursor;
  while (at > 0 && separator.test(text.charAt(at - 1))) at -= 1;
  while (at > 0 && !separator.test(text.charAt(at - 1))) at -= 1;
  return at;
}

function wordEnd(text: string, cursor: number): number {
  const separator = /[^\p{L}\p{N}]/u;
  let at = cursor;
  while (at < text.length && separator.test(text.charAt(at))) at += 1;
  while (at < text.length && !separator.test(text.charAt(at))) at += 1;
  return at;
}
