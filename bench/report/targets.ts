// What this project wants to reach against OpenSSH, and whether a result reaches it. Pure.

import { summarize } from '../measure/statistics.ts';
import {
  BULK_CIPHERS,
  bulkOperation,
  clientOperation,
  distanceOperation,
  idleOperation,
  LOGIN_OPERATIONS,
  listingOperation,
  MANY_OPERATIONS,
  SMALL_OPERATIONS,
} from '../operations.ts';
import type { PartName } from '../options.ts';
import { formatNumber } from './format.ts';
import type { Row } from './row.ts';

const OURS = 'sshome';
const THEIRS = 'openssh';

type Quantity = 'values' | 'cpuSeconds' | 'memoryBytes';
type Bound = { readonly atLeast: number } | { readonly atMost: number };

export interface Target {
  readonly part: PartName;
  readonly label: string;
  readonly bound: Bound;
  /** Follows the number: `x`, ` KB`. */
  readonly unit: string;
  /** The number of a result, or nothing when the rows it needs were not measured. */
  of(rows: readonly Row[]): number | undefined;
}

export interface Verdict {
  readonly label: string;
  readonly wanted: string;
  /** Nothing where it was not measured. */
  readonly reached: string | undefined;
  readonly isReached: boolean;
}

export const TARGETS: readonly Target[] = [
  ...BULK_CIPHERS.flatMap((cipher): Target[] => {
    const [get, put] = [bulkOperation('get', cipher), bulkOperation('put', cipher)];
    return [
      { part: 'bulk', label: `${get}: throughput`, bound: { atLeast: 1.3 }, unit: 'x', of: ratio(get) },
      { part: 'bulk', label: `${put}: throughput`, bound: { atLeast: 1.5 }, unit: 'x', of: ratio(put) },
      { part: 'bulk', label: `${get}: server CPU`, bound: { atMost: 0.8 }, unit: 'x', of: ratio(get, 'cpuSeconds') },
      { part: 'bulk', label: `${put}: server CPU`, bound: { atMost: 0.8 }, unit: 'x', of: ratio(put, 'cpuSeconds') },
    ];
  }),
  ...Object.values(SMALL_OPERATIONS).map(
    (operation): Target => ({
      part: 'small',
      label: `${operation}: files per second`,
      bound: { atLeast: 1.2 },
      unit: 'x',
      of: ratio(operation),
    }),
  ),
  {
    part: 'listing',
    label: `${listingOperation(10_000)}: entries per second`,
    bound: { atLeast: 1.2 },
    unit: 'x',
    of: ratio(listingOperation(10_000)),
  },
  {
    part: 'listing',
    label: 'our memory while listing 100,000 by that while listing 1,000',
    bound: { atMost: 1.25 },
    unit: 'x',
    of: (rows) => {
      const [most, least] = [100_000, 1000].map((entries) =>
        medianOf(rows, listingOperation(entries), OURS, 'memoryBytes'),
      );
      return most === undefined || least === undefined ? undefined : most / least;
    },
  },
  {
    part: 'many',
    label: 'clients at once: total throughput',
    bound: { atLeast: 1.2 },
    unit: 'x',
    of: ratio(MANY_OPERATIONS.total),
  },
  {
    part: 'many',
    label: 'our slowest client by our fastest doing the same',
    bound: { atMost: 1.5 },
    unit: 'x',
    of: own(MANY_OPERATIONS.spread),
  },
  {
    // Where both agree on the same key exchange; what they agree on unasked may differ, and costs differently.
    part: 'login',
    label: `${LOGIN_OPERATIONS.curve25519}: server CPU`,
    bound: { atMost: 0.2 },
    unit: 'x',
    of: ratio(LOGIN_OPERATIONS.curve25519, 'cpuSeconds'),
  },
  ...[100, 1000].map(
    (sessions): Target => ({
      part: 'idle',
      label: `our memory per session of ${idleOperation(sessions)}`,
      bound: { atMost: 100 },
      unit: ' KB',
      of: own(idleOperation(sessions)),
    }),
  ),
  {
    part: 'distance',
    label: `${distanceOperation('put')}: throughput`,
    bound: { atLeast: 4 },
    unit: 'x',
    of: ratio(distanceOperation('put')),
  },
  ...[OURS, THEIRS].flatMap((server) =>
    (['get', 'put'] as const).map((direction): Target => {
      const operation = clientOperation(direction, server);
      const label = `our client by stock sftp, ${operation}: throughput`;
      return {
        part: 'client',
        label,
        bound: { atLeast: 1.2 },
        unit: 'x',
        of: ratio(operation, 'values', OURS, 'sftp'),
      };
    }),
  ),
];

/** Holds the targets of one part against what was measured. */
export function judge(part: PartName, rows: readonly Row[], targets: readonly Target[] = TARGETS): Verdict[] {
  return targets
    .filter((target) => target.part === part)
    .map(({ label, bound, unit, of }) => {
      const value = of(rows);
      const wanted = 'atLeast' in bound ? `>= ${bound.atLeast}${unit}` : `<= ${bound.atMost}${unit}`;
      if (value === undefined) return { label, wanted, reached: undefined, isReached: false };
      const isReached = 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
      return { label, wanted, reached: `${formatNumber(value)}${unit}`, isReached };
    });
}

/** The median of a row, ours by theirs. Both did the same work, so totals can be divided as well as rates. */
function ratio(operation: string, quantity: Quantity = 'values', ours: string = OURS, theirs: string = THEIRS) {
  return (rows: readonly Row[]): number | undefined => {
    const a = medianOf(rows, operation, ours, quantity);
    const b = medianOf(rows, operation, theirs, quantity);
    return a === undefined || b === undefined ? undefined : a / b;
  };
}

function own(operation: string, quantity: Quantity = 'values') {
  return (rows: readonly Row[]): number | undefined => medianOf(rows, operation, OURS, quantity);
}

function medianOf(rows: readonly Row[], operation: string, subject: string, quantity: Quantity): number | undefined {
  const row = rows.find((one) => one.operation === operation && one.subject === subject);
  return row === undefined || row[quantity].length === 0 ? undefined : summarize(row[quantity]).median;
}
