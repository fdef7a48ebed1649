// Numbers as people read them, and the spread of a few rounds. Pure.

import { summarize } from '../measure/statistics.ts';

/** Three digits that count: `0.0123`, `1.23`, `12.3`, `1,230`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  return Math.abs(value) >= 999.5 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

/** `512 (498-530)`: the median and from where to where. */
export function formatSpread(values: readonly number[]): string {
  const { median, least, most } = summarize(values);
  return `${formatNumber(median)} (${formatNumber(least)}-${formatNumber(most)})`;
}
