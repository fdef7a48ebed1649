// The events that fzsftp prints: one character for the type, and as many lines as the type has. Knows no meanings.

import { decodeBytes } from '../../src/model/bytes.ts';

const FIRST_TYPE = 0x30;
const LINE_FEED = 0x0a;

/** Type and lines by number. All others have one line, which FileZilla logs or counts. */
const TYPES: Readonly<Record<number, readonly [FzsftpEvent['type'], number]>> = {
  0: ['reply', 1],
  1: ['done', 1],
  2: ['error', 1],
  8: ['listEntry', 3],
  9: ['askHostKey', 2],
  10: ['askHostKeyChanged', 2],
  12: ['askPassword', 1],
  16: ['quotaReceive', 0],
  17: ['quotaSend', 0],
  25: ['hostKey', 1],
  26: ['ioSize', 0],
  27: ['ioOpen', 1],
  28: ['ioNextBuffer', 1],
  29: ['ioFinalize', 1],
};
const OTHER = ['other', 1] as const;

export interface FzsftpEvent {
  readonly type:
    | 'reply'
    | 'done'
    | 'error'
    | 'listEntry'
    | 'askHostKey'
    | 'askHostKeyChanged'
    | 'askPassword'
    | 'quotaReceive'
    | 'quotaSend'
    | 'hostKey'
    | 'ioSize'
    | 'ioOpen'
    | 'ioNextBuffer'
    | 'ioFinalize'
    | 'other';
  /** Without the type's character; names as src/model/bytes.ts writes them. */
  readonly lines: readonly string[];
}

/** Takes fzsftp's output in pieces and gives the events that are whole. */
export class EventReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): FzsftpEvent[] {
    let bytes = Buffer.concat([this.#rest, chunk]);
    const events: FzsftpEvent[] = [];
    for (;;) {
      const found = firstEvent(bytes);
      if (found === undefined) break;
      events.push(found.event);
      bytes = bytes.subarray(found.bytes);
    }
    this.#rest = bytes;
    return events;
  }
}

function firstEvent(bytes: Buffer): { readonly event: FzsftpEvent; readonly bytes: number } | undefined {
  const number = bytes[0];
  if (number === undefined) return undefined;
  const [type, count] = TYPES[number - FIRST_TYPE] ?? OTHER;
  const lines: string[] = [];
  let at = 1;
  while (lines.length < count) {
    const end = bytes.indexOf(LINE_FEED, at);
    if (end === -1) return undefined;
    lines.push(decodeBytes(bytes.subarray(at, end)));
    at = end + 1;
  }
  return { event: { type, lines }, bytes: at };
}
