// The shape of what was measured: one row for each operation and server. Pure data, and what the JSON file holds.

import type { Form, PartName } from '../options.ts';

export interface Row {
  /** `get aes128-gcm`, `list 10,000`. */
  readonly operation: string;
  /** The server, or the client where clients are compared. */
  readonly subject: string;
  /** Of the values: `MB/s`, `files/s`, `ms`. */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** One for each round. */
  readonly values: readonly number[];
  /** Of the server's whole process tree, for the work of one round. */
  readonly cpuSeconds: readonly number[];
  /** The most memory (PSS) of the tree in each round. */
  readonly memoryBytes: readonly number[];
  /** Where the row is a point of a curve. */
  readonly curve?: { readonly name: string; readonly axis: string; readonly x: number };
}

export interface PartResult {
  readonly part: PartName;
  readonly form: Form;
  readonly at: string;
  readonly machine: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** What was skipped, what failed, and how a number came about. */
  readonly notes: readonly string[];
}
