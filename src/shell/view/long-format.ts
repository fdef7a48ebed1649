// One entry as `ls -l` shows it.

import type { Attributes } from '../../model/entry.ts';
import { humanSize } from '../../model/human-size.ts';
import { modeText } from '../../model/mode-text.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Half a mean Gregorian year, from when on `ls` shows the year in place of the time. */
const HALF_YEAR_MS = 15_778_476_000;

/** `Mar  7 15:04`, or `Mar  7  2023` when it is longer ago than half a year, or to come. */
export function listTime(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  if (Number.isNaN(time.getTime())) return '?'.padStart(12);
  const day = `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2)}`;
  const recent = timeMs <= nowMs && nowMs - timeMs < HALF_YEAR_MS;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${day} ${recent ? `${two(time.getHours())}:${two(time.getMinutes())}` : String(time.getFullYear()).padStart(5)}`;
}

/** Who owns what, as far as the shell knows names: the home's owner is the user. */
export type OwnerNames = (uid: number) => string;

/** The lines for entries of one folder, their columns aligned. `name` is what to show, a link's target included. */
export function longLines(
  entries: readonly { readonly name: string; readonly attributes: Attributes }[],
  options: { readonly owner: OwnerNames; readonly human: boolean; readonly nowMs: number },
): string[] {
  const rows = entries.map(({ name, attributes }) => ({
    mode: modeText(attributes.mode),
    links: String(attributes.linkCount),
    owner: options.owner(attributes.uid),
    size: options.human ? humanSize(attributes.sizeBytes) : String(attributes.sizeBytes),
    time: listTime(attributes.modifiedMs, options.nowMs),
    name,
  }));
  const widest = (column: 'links' | 'owner' | 'size'): number =>
    rows.reduce((most, row) => Math.max(most, row[column].length), 0);
  const [links, owner, size] = [widest('links'), widest('owner'), widest('size')];
  return rows.map(
    (row) =>
      `${row.mode} ${row.links.padStart(links)} ${row.owner.padEnd(owner)} ${row.size.padStart(size)} ${row.time} ${row.name}`,
  );
}
