// What `preview` shows of the beginning of a file: text as text, anything else as a hex dump; on a terminal never a
// raw control character.

import { isUtf8 } from 'node:buffer';
import { printable } from '../model/printable.ts';

const BYTES_PER_LINE = 16;

/** The lines to show on a terminal. */
export function previewLines(content: Buffer): string[] {
  if (content.length === 0) return [];
  return isText(content) ? textLines(content) : hexDump(content);
}

/** Valid UTF-8 (but for a character cut at the end) without controls other than white space. */
function isText(content: Buffer): boolean {
  const whole = [0, 1, 2, 3].map((cut) => content.subarray(0, content.length - cut)).find((part) => isUtf8(part));
  return whole !== undefined && !/[\x00-\x08\x0b\x0e-\x1f\x7f]/.test(whole.toString('latin1'));
}

function textLines(content: Buffer): string[] {
  const lines = content.toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.split('\t').map(printable).join('\t'));
}

/** `00000010  68 65 6c ...  |hel...|`. */
function hexDump(content: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < content.length; at += BYTES_PER_LINE) {
    const row = content.subarray(at, at + BYTES_PER_LINE);
    const hex = (row.toString('hex').match(/../g) ?? []).join(' ').padEnd(BYTES_PER_LINE * 3 - 1);
    const text = row.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex}  |${text}|`);
  }
  return lines;
}
