// How a transfer tells what it does: a bar and a line on a terminal, nothing when it goes well without one, a line of
// JSON for each file when asked. Failures always go to standard error.

import { printable } from '../model/printable.ts';
import { describeFailure, failureAsJson } from './failure.ts';
import { createProgressBar, type ProgressOutput } from './progress.ts';
import { formatBytes } from './sizes.ts';
import type { TransferReport } from './transfers.ts';

export interface ReportOutput extends ProgressOutput {
  readonly isTTY?: boolean | undefined;
}

export function createTransferReport(options: {
  json: boolean;
  /** For people. */
  output: ReportOutput;
  /** For programs: one line of JSON for each thing. */
  data: { write(text: string): unknown };
  now?: () => number;
}): TransferReport {
  const { json, output, data, now = Date.now } = options;
  const bar = output.isTTY === true && !json ? createProgressBar({ output, now }) : undefined;
  let startedAt = now();
  return {
    progress: (progress) => bar?.update(progress),
    finished(from, to, result) {
      bar?.clear();
      const elapsed = Math.max(1, now() - startedAt);
      startedAt = now();
      if (json) {
        data.write(`${JSON.stringify({ from, to, ...result })}\n`);
      } else if (bar !== undefined) {
        const rate = formatBytes(Math.round((result.bytes * 1000) / elapsed));
        const count = result.files === 1 ? '' : `${result.files} files, `;
        output.write(`${printable(from)} -> ${printable(to)}  ${count}${formatBytes(result.bytes)}, ${rate}/s\n`);
      }
    },
    failed(path, error) {
      bar?.clear();
      if (json) data.write(`${JSON.stringify({ path, error: failureAsJson(error) })}\n`);
      output.write(`sshome: ${describeFailure(error)}\n`);
    },
  };
}
