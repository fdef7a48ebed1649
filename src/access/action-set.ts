// Sets of actions as the bits of a number: a decision is made for every request.

import { ACTIONS, type Action } from '../model/action.ts';

export type ActionSet = number;

export const NO_ACTIONS: ActionSet = 0;

const BIT = Object.fromEntries(ACTIONS.map((action, index) => [action, 1 << index])) as Record<Action, ActionSet>;

export function actionSet(actions: readonly Action[]): ActionSet {
  return actions.reduce((set, action) => set | BIT[action], NO_ACTIONS);
}

export function has(set: ActionSet, action: Action): boolean {
  return (set & BIT[action]) !== 0;
}

/** What is in `set` and not in `other`. */
export function without(set: ActionSet, other: ActionSet): ActionSet {
  return set & ~other;
}
