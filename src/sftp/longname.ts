// The line that stands for a file in a NAME reply: `ls -l`, exactly as OpenSSH writes it. Meant for eyes, but FileZilla
// and others read type, size and owner from it.

import type { Attributes } from '../model/entry.ts';
import { printable } from '../model/printable.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const HALF_YEAR_MS = (365 * 24 * 60 * 60 * 1000) / 2;

// The type bits of st_mode.
const TYPE_MASK = 0o170000;
const TYPE_CHARACTERS: ReadonlyMap<number, string> = new Map([
  [0o010000, 'p'],
  [0o020000, 'c'],
  [0o040000, 'd'],
  [0o060000, 'b'],
  [0o100000, '-'],
  [0o120000, 'l'],
  [0o140000, 's'],
]);

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

/** As strmode(3): `drwxr-sr-t`. */
function modeText(mode: number): string {
  return (
    (TYPE_CHARACTERS.get(mode & TYPE_MASK) ?? '?') +
    permissionText(mode >> 6, (mode & 0o4000) !== 0, 's') +
    permissionText(mode >> 3, (mode & 0o2000) !== 0, 's') +
    permissionText(mode, (mode & 0o1000) !== 0, 't')
  );
}

function permissionText(bits: number, isSpecial: boolean, special: string): string {
  const execute = (bits & 1) !== 0;
  const last = isSpecial ? (execute ? special : special.toUpperCase()) : execute ? 'x' : '-';
  return (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + last;
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
