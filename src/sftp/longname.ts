// The line that stands for a file in a NAME reply: `ls -l`, exactly as OpenSSH writes it. Meant for eyes, but FileZilla
// and others read type, size and owner from it.

import type { Attributes } from '../model/entry.ts';
import { modeText } from '../model/mode-text.ts';
import { printable } from '../model/printable.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const HALF_YEAR_MS = (365 * 24 * 60 * 60 * 1000) / 2;

/** What the numbers of owner and group are called. */
export interface OwnerNames {
  user(uid: number): string;
  group(gid: number): string;
}

/**
 * As in `drwxr-xr-x    5 markus   markus       1024 Jan 13 18:39 .ssh`. Times are local to the server; those of the
 * last half year show the hour, others the year. What could disturb a terminal in the name is shown escaped.
 */
export function longname(name: string, attributes: Attributes, owners: OwnerNames, nowMs: number): string {
  // The blank after the mode is where ls shows that there are more permissions than these.
  return [
    `${modeText(attributes.mode)} `,
    String(attributes.linkCount).padStart(3),
    owners.user(attributes.uid).padEnd(8),
    owners.group(attributes.gid).padEnd(8),
    String(attributes.sizeBytes).padStart(8),
    timeText(attributes.modifiedMs, nowMs),
    printable(name),
  ].join(' ');
}

function timeText(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const day = `${MONTHS[time.getMonth()] ?? '???'} ${String(time.getDate()).padStart(2)}`;
  const isRecent = timeMs > nowMs - HALF_YEAR_MS && timeMs <= nowMs;
  return isRecent
    ? `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`
    : `${day}  ${time.getFullYear()}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
