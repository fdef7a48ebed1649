// A file's content on a terminal: text with control characters escaped, anything else as a hex dump. Nothing of the file
// reaches the terminal as it is.

import { decodeBytes } from '../../model/bytes.ts';
import { printable } from '../../model/printable.ts';

const TAB_STOP = 8;
const DUMP_BYTES = 16;
/** A longer line of text is shown in parts of this length. */
const MAX_LINE_LENGTH = 8192;
const LF = 0x0a;

export interface ContentView {
  /** The lines that these bytes complete. */
  add(bytes: Uint8Array): string[];
  /** The lines that the end completes. */
  end(): string[];
}

/** How to show a file that begins with `start`. */
export function viewFor(start: Uint8Array, wholeFile: boolean): ContentView {
  return looksBinary(start, wholeFile) ? hexView() : textView();
}

/** Whether these first bytes of a file are no text: a NUL, or bytes that are not UTF-8 (a cut character at the end is). */
export function looksBinary(start: Uint8Array, wholeFile: boolean): boolean {
  if (start.includes(0)) return true;
  const text = decodeBytes(start);
  const undecodable = text.search(/[\udc80-\udcff](?<![\ud800-\udbff][\udc80-\udcff])/);
  if (undecodable < 0) return false;
  return wholeFile || text.length - undecodable > 3;
}

function textView(): ContentView {
  let rest: Buffer = Buffer.alloc(0);
  return {
    add(bytes) {
      const input = Buffer.concat([rest, bytes]);
      const lines: string[] = [];
      let from = 0;
      for (;;) {
        const end = input.indexOf(LF, from);
        if (end < 0 && input.length - from < MAX_LINE_LENGTH) break;
        const to = end < 0 || end - from > MAX_LINE_LENGTH ? from + MAX_LINE_LENGTH : end;
        lines.push(textLine(input.subarray(from, to)));
        from = to === end ? end + 1 : to;
      }
      rest = input.subarray(from);
      return lines;
    },
    end: () => (rest.length > 0 ? [textLine(rest)] : []),
  };
}

function textLine(bytes: Buffer): string {
  const line = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  const parts = decodeBytes(line).split('\t').map(printable);
  return parts.reduce((text, part) => text + ' '.repeat(TAB_STOP - (text.length % TAB_STOP)) + part);
}

/** Offset, sixteen bytes, and what of them is ASCII, as `hexdump -C` and `xxd` show it. */
function hexView(): ContentView {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  const dumpLine = (bytes: Buffer): string => {
    const hex = bytes
      .toString('hex')
      .replace(/../g, '$& ')
      .padEnd(DUMP_BYTES * 3);
    const text = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    const line = `${offset.toString(16).padStart(8, '0')}  ${hex.slice(0, 24)} ${hex.slice(24)} |${text}|`;
    offset += bytes.length;
    return line;
  };
  return {
    add(bytes) {
      const input = Buffer.concat([rest, bytes]);
      const lines: string[] = [];
      let from = 0;
      for (; input.length - from >= DUMP_BYTES; from += DUMP_BYTES) {
        lines.push(dumpLine(input.subarray(from, from + DUMP_BYTES)));
      }
      rest = input.subarray(from);
      return lines;
    },
    end: () => (rest.length > 0 ? [dumpLine(rest)] : []),
  };
}
