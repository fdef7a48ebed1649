// The progress bar of transfers: one line on a terminal, drawn over itself.

import stringWidth from 'string-width';
import type { TransferProgress } from '../client/transfer.ts';
import { printable } from '../model/printable.ts';
import { formatBytes, formatSeconds } from './sizes.ts';

const REDRAW_MS = 100;
/** The rate is that of the last seconds: what matters for the time that is left. */
const RATE_WINDOW_MS = 5_000;
const BAR_CELLS = 20;

export interface ProgressBar {
  update(progress: TransferProgress): void;
  /** Takes the bar away, and forgets what it showed. */
  clear(): void;
}

export interface ProgressOutput {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A bar for one file or several at once: their sizes are added up. */
export function createProgressBar({
  output,
  now = Date.now,
}: {
  output: ProgressOutput;
  now?: () => number;
}): ProgressBar {
  const files = new Map<string, TransferProgress>();
  const samples: { at: number; bytes: number }[] = [];
  let skippedBytes = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;

  return {
    update(progress) {
      if (!files.has(progress.path)) skippedBytes += progress.bytes;
      files.set(progress.path, progress);
      const at = now();
      if (at - drawnAt < REDRAW_MS) return;
      drawnAt = at;
      const { bytes, totalBytes } = sum(files.values());
      samples.push({ at, bytes: bytes - skippedBytes });
      while ((samples[1]?.at ?? at) < at - RATE_WINDOW_MS) samples.shift();
      const name = files.size === 1 ? baseName(progress.path) : `${files.size} files`;
      output.write(
        `\r\x1b[K${line({ name, bytes, totalBytes, rate: rateOf(samples), columns: output.columns ?? 80 })}`,
      );
      drawn = true;
    },
    clear() {
      if (drawn) output.write('\r\x1b[K');
      drawn = false;
      files.clear();
      samples.length = 0;
      skippedBytes = 0;
    },
  };
}

/** One line of the bar; `rate` in bytes a second, undefined while it is not known. */
export function line(state: {
  name: string;
  bytes: number;
  totalBytes: number | undefined;
  rate: number | undefined;
  columns: number;
}): string {
  const { bytes, totalBytes, rate } = state;
  const parts: string[] = [];
  if (totalBytes === undefined) parts.push(formatBytes(bytes));
  else {
    const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
    const cells = Math.round(share * BAR_CELLS);
    parts.push(
      `${String(Math.floor(share * 100)).padStart(3)}% [${'='.repeat(cells)}${' '.repeat(BAR_CELLS - cells)}]`,
    );
    parts.push(formatBytes(bytes));
  }
  if (rate !== undefined) {
    parts.push(`${formatBytes(rate)}/s`);
    if (totalBytes !== undefined && rate > 0) parts.push(`${formatSeconds((totalBytes - bytes) / rate)} left`);
  }
  const numbers = parts.join('  ');
  return `${fitted(printable(state.name), state.columns - numbers.length - 3)}  ${numbers}`;
}

function sum(files: Iterable<TransferProgress>): { bytes: number; totalBytes: number | undefined } {
  let bytes = 0;
  let totalBytes: number | undefined = 0;
  for (const file of files) {
    bytes += file.bytes;
    totalBytes = totalBytes === undefined || file.totalBytes === undefined ? undefined : totalBytes + file.totalBytes;
  }
  return { bytes, totalBytes };
}

function rateOf(samples: readonly { at: number; bytes: number }[]): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at === first.at) return undefined;
  return Math.max(0, Math.round(((last.bytes - first.bytes) * 1000) / (last.at - first.at)));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The text cut to `width` cells of the terminal. */
function fitted(text: string, width: number): string {
  let cut = text;
  while (cut !== '' && stringWidth(cut) > Math.max(width, 8)) cut = cut.slice(0, -1);
  return cut;
}
