// The record of one part while it runs: rows that grow round by round, and notes.

import type { Sample } from '../measure/observe.ts';
import type { Row } from './row.ts';

export interface Ledger {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** Keeps one round of a row. */
  record(row: Omit<Row, 'values' | 'cpuSeconds' | 'memoryBytes'>, value: number, sample: Cost): void;
  note(text: string): void;
}

type Cost = Pick<Sample, 'cpuSeconds' | 'memoryBytes'>;

export function createLedger(print: (line: string) => void): Ledger {
  const rows: Row[] = [];
  const notes: string[] = [];
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
    note: (text) => {
      notes.push(text);
      print(`  note: ${text}`);
    },
  };
}
