// Runs one row for one user, and holds what became of it against what should.

import type { ExecutionContext } from 'ava';
import type { Action } from '../../src/model/action.ts';
import { type Peer, Refused, type Row, type Spot } from './row.ts';

/** Whether who may do all of `allowed`, and nothing else, may do what the row does. */
export function isAllowed({ needs, orOneOf = [] }: Row, allowed: readonly Action[]): boolean {
  return needs.every((action) => allowed.includes(action)) || orOneOf.some((action) => allowed.includes(action));
}

/** How everything stands that a row could change: its spot, and what it must leave alone whatever it does. */
export interface Sight {
  readonly spot: readonly string[];
  readonly others: readonly string[];
}

interface Trial {
  readonly row: Row;
  readonly peer: Peer;
  readonly spot: Spot;
  readonly allowed: boolean;
  readonly label: string;
  look(): Promise<Sight>;
}

/** What is allowed must work, what is not must be refused and change nothing of the spot; and nothing else changes. */
export async function checkRow(t: ExecutionContext, { row, peer, spot, allowed, label, look }: Trial): Promise<void> {
  const before = await look();
  t.true(before.spot.length > 5, `${label}: looked at nothing`);
  let answer: string | undefined;
  try {
    answer = await row.run(peer, spot);
  } catch (error) {
    if (!(error instanceof Refused)) throw new Error(`${label}: ${error}`, { cause: error });
  }
  const after = await look();
  t.is(answer !== undefined, allowed, `${label}: ${allowed ? 'was refused' : 'worked'}`);
  if (allowed) {
    t.true(answer?.includes(row.answer ?? ''), `${label}: answered ${answer}`);
    if (row.isDone !== undefined) t.true(await row.isDone(spot.host), `${label}: was not done`);
  }
  if (allowed ? row.isDone === undefined : row.hasParts !== true) {
    t.deepEqual(after.spot, before.spot, `${label}: changed something`);
  }
  t.deepEqual(after.others, before.others, `${label}: changed something else`);
}
