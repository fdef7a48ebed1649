// The control lines of the scp protocol: text <-> records. Pure. The protocol has no specification; this follows
// OpenSSH's scp.c (source, rsource, sink).

import { isName } from '../model/path.ts';
import { ScpProtocolError } from './protocol-error.ts';

export type ScpRecord =
  /** `C0644 SIZE NAME`: a file; its bytes follow the reply. `mode`: permission bits. */
  | { readonly kind: 'file'; readonly mode: number; readonly sizeBytes: number; readonly name: string }
  /** `D0755 0 NAME`: a folder; what is in it follows, up to an `E`. */
  | { readonly kind: 'directory'; readonly mode: number; readonly name: string }
  /** `E`: the end of a folder. */
  | { readonly kind: 'end' }
  /** `T MTIME 0 ATIME 0`: the times of the file or folder that comes next, in milliseconds since 1970. */
  | { readonly kind: 'times'; readonly times: ScpTimes }
  /** A line that begins with byte 1 or 2: what went wrong on the other side. */
  | { readonly kind: 'error' | 'fatal'; readonly message: string };

export interface ScpTimes {
  readonly modifiedMs: number;
  readonly accessedMs: number;
}

/** Reads a control line. @throws ScpProtocolError */
export function parseRecord(line: string): ScpRecord {
  switch (line.charAt(0)) {
    case '\x01':
      return { kind: 'error', message: line.slice(1) };
    case '\x02':
      return { kind: 'fatal', message: line.slice(1) };
    case 'E':
      return { kind: 'end' };
    case 'T':
      return { kind: 'times', times: parseTimes(line) };
    case 'C':
    case 'D':
      return parseEntry(line);
    default:
      throw new ScpProtocolError('expected control record');
  }
}

function parseEntry(line: string): ScpRecord {
  const [, letter, octal = '', digits = '', name = ''] = /^([CD])([0-7]{4}) (\d+) (.*)$/s.exec(line) ?? [];
  if (letter === undefined) throw new ScpProtocolError('bad control record');
  // The name comes from the client, and is joined to a folder: the bug of CVE-2019-6111, the other way round.
  if (!isName(name)) throw new ScpProtocolError('unexpected filename');
  const mode = Number.parseInt(octal, 8) & 0o777;
  if (letter === 'D') return { kind: 'directory', mode, name };
  const sizeBytes = Number(digits);
  if (!Number.isSafeInteger(sizeBytes)) throw new ScpProtocolError('size out of range');
  return { kind: 'file', mode, sizeBytes, name };
}

function parseTimes(line: string): ScpTimes {
  const [, modified, accessed] = /^T(\d{1,15}) \d{1,6} (\d{1,15}) \d{1,6}$/.exec(line) ?? [];
  if (modified === undefined || accessed === undefined) throw new ScpProtocolError('bad times');
  return { modifiedMs: Number(modified) * 1000, accessedMs: Number(accessed) * 1000 };
}

/** Writes the control line of a file or folder. A line break in the name, which the protocol can't say, is escaped. */
export function entryLine(letter: 'C' | 'D', mode: number, sizeBytes: number, name: string): string {
  const shown = name.replaceAll('\n', '\\n');
  return `${letter}${(mode & 0o777).toString(8).padStart(4, '0')} ${sizeBytes} ${shown}`;
}

/** The protocol knows whole seconds from 1970 on. */
export function timesLine({ modifiedMs, accessedMs }: ScpTimes): string {
  const seconds = (timeMs: number): number => Math.max(0, Math.floor(timeMs / 1000));
  return `T${seconds(modifiedMs)} 0 ${seconds(accessedMs)} 0`;
}
