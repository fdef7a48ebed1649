// The results as a page of Markdown: for each part what was measured, and which targets are reached. Pure.

import { summarize } from '../measure/statistics.ts';
import { formatNumber, formatSpread } from './format.ts';
import type { PartResult, Row } from './row.ts';
import { judge } from './targets.ts';

export function resultsPage(results: readonly PartResult[]): string {
  return ['# Results', '', INTRODUCTION, '', ...results.flatMap((result) => [...partSection(result), ''])].join('\n');
}

const INTRODUCTION = `Written by \`npm run bench\`; how it is measured stands in [README.md](../README.md). A number is the median of the rounds,
with the least and the most in brackets. CPU and memory (the most, as PSS) are those of the server's whole process tree
for the work of one round, or of one login in the part login; in the part client they are those of the client.`;

function partSection(result: PartResult): string[] {
  const { part, form, at, machine, versions, rows, notes } = result;
  const curves = rows.some(({ curve }) => curve !== undefined);
  return [
    `## ${part}${form === 'full' ? '' : ` (${form}: small sizes, the numbers say little)`}`,
    '',
    `${at.slice(0, 10)}; ${machine.join('; ')}. ${Object.values(versions).join('; ')}.`,
    '',
    ...rowTable(rows),
    '',
    ...verdictTable(result),
    ...(notes.length === 0 ? [] : [...notes.map((note) => `- ${note}`), '']),
    `![${curves ? 'curves' : 'bars'} of ${part}](${part}.svg)`,
  ];
}

/** One line a row, and how it stands to OpenSSH's; or, where rows are points of curves, one line a point. */
export function rowTable(rows: readonly Row[]): string[] {
  if (rows.some(({ curve }) => curve !== undefined)) return pointTable(rows);
  const lines = rows.map((row) => {
    // Where clients are compared, the one of OpenSSH is called sftp.
    const theirs = rows.find(
      ({ operation, subject }) => operation === row.operation && (subject === 'openssh' || subject === 'sftp'),
    );
    const relation = theirs === undefined ? '' : `${formatNumber(medianOf(row) / medianOf(theirs))}x`;
    const cells = [row.operation, row.subject, `${formatSpread(row.values)} ${row.unit}`, relation];
    return [...cells, `${formatSpread(row.cpuSeconds)} s`, `${formatNumber(Math.max(...row.memoryBytes) / 1e6)} MB`];
  });
  return markdownTable(['operation', 'of', 'median (least-most)', 'to OpenSSH', 'CPU', 'memory'], lines);
}

function pointTable(rows: readonly Row[]): string[] {
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  const lines = [...new Set(rows.map(({ operation }) => operation))].map((operation) => {
    const cells = subjects.map((wanted) => {
      const row = rows.find((one) => one.operation === operation && one.subject === wanted);
      return row === undefined ? '-' : `${formatSpread(row.values)} ${row.unit}`;
    });
    return [operation, ...cells];
  });
  return markdownTable(['operation', ...subjects], lines);
}

/** Which targets are reached. Tiny sizes are not judged: they show that it works, not how fast. */
export function verdictTable({ part, form, rows }: Pick<PartResult, 'part' | 'form' | 'rows'>): string[] {
  const measured = judge(part, rows).filter(({ reached }) => reached !== undefined);
  if (form === 'ci' || measured.length === 0) return [];
  const lines = measured.map(({ label, wanted, reached = '', isReached }) => {
    return [label, wanted, reached, isReached ? 'yes' : '**no**'];
  });
  return [...markdownTable(['target', 'wanted', 'measured', 'reached'], lines), ''];
}

function markdownTable(heads: readonly string[], lines: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...lines.map(line)];
}

function medianOf(row: Row): number {
  return summarize(row.values).median;
}
