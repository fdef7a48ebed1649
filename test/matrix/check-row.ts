// Runs one row for one user, and holds what became of it against what should.

import type { ExecutionContext } from 'ava';
import type { Action } from '../../src/model/action.ts';
import { snapshot } from '../storage/snapshot.ts';
import { type Peer, Refused, type Row, type Spot } from './row.ts';

/** Whether who may do all of `allowed`, and nothing else, may do what the row does. */
export function isAllowed({ needs, orOneOf = [] }: Row, allowed: readonly Action[]): boolean {
  return needs.every((action) => allowed.includes(action)) || orOneOf.some((action) => allowed.includes(action));
}

/** What is allowed must work, and what is not must be refused and change nothing of the spot. */
export async function checkRow(
  t: ExecutionContext,
  { row, peer, spot, allowed, label }: { row: Row; peer: Peer; spot: Spot; allowed: boolean; label: string },
): Promise<void> {
  const before = await snapshot(spot.host);
  let answer: string | undefined;
  try {
    answer = await row.run(peer, spot);
  } catch (error) {
    if (!(error instanceof Refused)) throw new Error(`${label}: ${error}`, { cause: error });
  }
  t.is(answer !== undefined, allowed, `${label}: ${allowed ? 'was refused' : 'worked'}`);
  if (allowed) {
    t.true(answer?.includes(row.answer ?? ''), `${label}: answered ${answer}`);
    if (row.isDone !== undefined) t.true(await row.isDone(spot.host), `${label}: was not done`);
  }
  if (allowed ? row.isDone === undefined : row.hasParts !== true) {
    t.deepEqual(await snapshot(spot.host), before, `${label}: changed something`);
  }
}
