// Bytes from a terminal -> keys. Pure: bytes go in as they arrive, cut anywhere, and whole keys come out.

import { decodeBytes } from '../../model/bytes.ts';

export type KeyName =
  | 'enter'
  | 'tab'
  | 'interrupt'
  | 'end-of-input'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'home'
  | 'end'
  | 'word-left'
  | 'word-right'
  | 'kill-to-end'
  | 'kill-to-start'
  | 'kill-word'
  | 'kill-next-word'
  | 'yank'
  | 'transpose'
  | 'clear-screen'
  | 'resize';

/** A run of printable text, or one key. `resize` is put in by the keyboard, no terminal sends it. */
export type Key = { readonly kind: 'text'; readonly text: string } | { readonly kind: KeyName };

const CONTROL_KEYS: Readonly<Record<number, KeyName>> = {
  1: 'home', // ^A
  2: 'left', // ^B
  3: 'interrupt', // ^C
  4: 'end-of-input', // ^D
  5: 'end', // ^E
  6: 'right', // ^F
  8: 'backspace', // ^H
  9: 'tab',
  10: 'enter',
  11: 'kill-to-end', // ^K
  12: 'clear-screen', // ^L
  13: 'enter',
  14: 'down', // ^N
  16: 'up', // ^P
  20: 'transpose', // ^T
  21: 'kill-to-start', // ^U
  23: 'kill-word', // ^W
  25: 'yank', // ^Y
  127: 'backspace',
};

/** What follows ESC [ or ESC O (ECMA-48, and what xterm, rxvt, the Linux console and PuTTY make of it). */
const SEQUENCE_KEYS: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '7~': 'home',
  '4~': 'end',
  '8~': 'end',
  '3~': 'delete',
  '1;5C': 'word-right',
  '1;5D': 'word-left',
  '1;3C': 'word-right',
  '1;3D': 'word-left',
  '5C': 'word-right',
  '5D': 'word-left',
};

const ALT_KEYS: Readonly<Record<string, KeyName>> = {
  b: 'word-left',
  f: 'word-right',
  d: 'kill-next-word',
  '\x7f': 'kill-word',
  '\b': 'kill-word',
};

const ESC = 0x1b;
/** A longer sequence is no key of any terminal; what follows is read as text again. */
const MAX_SEQUENCE = 32;

export interface KeyDecoder {
  /** The keys that these bytes complete. Sequences and characters may be cut between calls. */
  push(bytes: Uint8Array): Key[];
}

export function createKeyDecoder(): KeyDecoder {
  let rest: Uint8Array = new Uint8Array(0);
  // CR LF, as some clients send for Enter, is one key: an LF straight after a CR is dropped, also in the next chunk.
  let afterCarriageReturn = false;

  const push = (bytes: Uint8Array): Key[] => {
    const input = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const keys: Key[] = [];
    let at = 0;
    while (at < input.length) {
      const byte = input[at] ?? 0;
      if (byte === ESC) {
        const end = sequenceEnd(input, at);
        if (end === undefined) break;
        const key = sequenceKey(Buffer.from(input.subarray(at + 1, end)).toString('latin1'));
        if (key !== undefined) keys.push({ kind: key });
        at = end;
      } else if (byte < 0x20 || byte === 0x7f) {
        const key = byte === 0x0a && afterCarriageReturn ? undefined : CONTROL_KEYS[byte];
        if (key !== undefined) keys.push({ kind: key });
        at += 1;
      } else {
        const end = textEnd(input, at);
        const whole = end === input.length ? end - cutCharacter(input, at, end) : end;
        if (whole > at) keys.push({ kind: 'text', text: decodeBytes(input.subarray(at, whole)) });
        at = whole;
        if (whole < end) break;
      }
      afterCarriageReturn = byte === 0x0d;
    }
    rest = Uint8Array.from(input.subarray(at));
    return keys;
  };
  return { push };
}

function textEnd(input: Uint8Array, from: number): number {
  let at = from;
  while (at < input.length && (input[at] ?? 0) >= 0x20 && input[at] !== 0x7f) at += 1;
  return at;
}

/** How many bytes at the end are the beginning of a UTF-8 character that is not whole yet. */
function cutCharacter(input: Uint8Array, from: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= from; back += 1) {
    const byte = input[end - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc2) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 1) ? back : 0;
  }
  return 0;
}

/** Where the sequence that begins with the ESC at `at` ends; undefined when it is not whole yet. */
function sequenceEnd(input: Uint8Array, at: number): number | undefined {
  const second = input[at + 1];
  if (second === undefined) return undefined;
  if (second === ESC) return at + 1;
  if (second === 0x4f) return input.length > at + 2 ? at + 3 : undefined;
  if (second !== 0x5b) return at + 2;
  const limit = Math.min(input.length, at + MAX_SEQUENCE);
  for (let end = at + 2; end < limit; end += 1) {
    const byte = input[end] ?? 0;
    if (byte >= 0x40 && byte <= 0x7e) return end + 1;
    if (byte < 0x20) return end;
  }
  return limit === at + MAX_SEQUENCE ? limit : undefined;
}

/** Unknown sequences are no key, and so are the marks around a bracketed paste: what is between them is typed text. */
function sequenceKey(sequence: string): KeyName | undefined {
  const kind = sequence.charAt(0);
  return kind === '[' || kind === 'O' ? SEQUENCE_KEYS[sequence.slice(1)] : ALT_KEYS[sequence];
}
