// The record of one part while it runs: rows that grow round by round, and notes.

import type { Cost } from '../measure/process-tree.ts';
import type { Row } from './row.ts';

export interface Ledger {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Keeps one round of a row. */
  record(row: Omit<Row, 'values' | 'cpuSeconds' | 'memoryBytes'>, value: number, cost: Cost): void;
  note(text: string): void;
  /** Notes that a subject could not do something, and so was not measured. */
  fail(subject: string, what: string, error: unknown): void;
  /** The subjects that failed at anything. */
  readonly failed: ReadonlySet<string>;
}

export function createLedger(print: (line: string) => void): Ledger {
  const rows: Row[] = [];
  const notes: string[] = [];
  const failed = new Set<string>();
  const note = (text: string): void => {
    notes.push(text);
    print(`  note: ${text}`);
  };
  return {
    rows,
    notes,
    record: (row, value, { cpuSeconds, memoryBytes }) => {
      const known = rows.findIndex(({ operation, subject }) => operation === row.operation && subject === row.subject);
      const before = rows[known] ?? { ...row, values: [], cpuSeconds: [], memoryBytes: [] };
      const after: Row = {
        ...before,
        values: [...before.values, value],
        cpuSeconds: [...before.cpuSeconds, cpuSeconds],
        memoryBytes: [...before.memoryBytes, memoryBytes],
      };
      if (known === -1) rows.push(after);
      else rows[known] = after;
    },
    note,
    failed,
    fail: (subject, what, error) => {
      failed.add(subject);
      note(`${subject} failed at ${what}: ${error instanceof Error ? error.message : String(error)}`);
    },
  };
}
