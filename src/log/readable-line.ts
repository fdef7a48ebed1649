// A line of the log for people: `TIME LEVEL message key=value ...`.

import { printable } from '../model/printable.ts';

/** What a line is made of. `error`, the stack of an internal error, follows on lines of its own. */
export interface LogLine {
  readonly level?: unknown;
  readonly message?: unknown;
  readonly timestamp?: unknown;
  readonly event?: unknown;
  readonly error?: unknown;
}

export function readableLine(info: LogLine): string {
  const { level, message, timestamp, event: _event, error, ...fields } = info;
  const words = [String(timestamp), level, printable(String(message))];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${key}=${readableValue(value)}`);
  }
  const line = words.join(' ');
  if (error === undefined) return line;
  return `${line}\n${String(error).split('\n').map(printable).join('\n')}`;
}

function readableValue(value: unknown): string {
  const text = printable(String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
