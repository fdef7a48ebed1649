// Numbers as people read them, and the spread of a few rounds. Pure.

import { summarize } from '../measure/statistics.ts';

/** Three digits that count: `0.0123`, `1.23`, `12.3`, `1,230`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return Math.round(value).toLocaleString('en');
  const digits = magnitude === 0 ? 0 : Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(magnitude))));
  return value.toFixed(digits);
}

/** `512 (498-530)`: the median and from where to where. */
export function formatSpread(values: readonly number[]): string {
  const { median, least, most } = summarize(values);
  return `${formatNumber(median)} (${formatNumber(least)}-${formatNumber(most)})`;
}
