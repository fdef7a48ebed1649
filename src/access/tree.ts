// What some roles let one user do in one tree, the home or a shared folder. Paths are lists of names from its root.

import type { Action } from '../model/action.ts';
import type { Role } from '../model/rules.ts';
import { type ActionSet, NO_ACTIONS, without } from './action-set.ts';
import { type CompiledNames, compileNames } from './name-rules.ts';
import { type CompiledPaths, compilePaths } from './path-rules.ts';
import type { Verdict } from './verdict.ts';

export interface Tree {
  readonly paths: CompiledPaths;
  /** Undefined when names don't matter. */
  readonly names: CompiledNames | undefined;
  verdict(action: Action, names: readonly string[]): Verdict;
  /** Whether a folder, moved so, could give more rights on anything in it than there are now. */
  gainsBelow(from: readonly string[], to: readonly string[]): boolean;
}

export function compileTree(roles: readonly Role[], user: string): Tree {
  const paths = compilePaths(roles, user);
  const names = compileNames(roles);
  return {
    paths,
    names,
    verdict: (action, at) => names?.verdict(action, at) ?? paths.verdict(action, at),
    gainsBelow(from, to) {
      const before = paths.allowedAt(from);
      const after = paths.allowedAt(to);
      if (without(after, before) !== NO_ACTIONS) return true;
      const belowBefore = paths.below(from);
      const belowAfter = paths.below(to);
      if (isSame(belowBefore, belowAfter)) return false;
      // What is in the folder is not known here: the most that anything can get, against the least that it may have.
      const most = belowAfter.reduce((set: ActionSet, { allow }) => set | allow, after);
      const least = belowBefore.reduce((set: ActionSet, { deny }) => without(set, deny), before);
      return without(most, least) !== NO_ACTIONS;
    },
  };
}

/** Whether the same rules hold below one folder as below the other. */
function isSame(one: ReturnType<CompiledPaths['below']>, other: ReturnType<CompiledPaths['below']>): boolean {
  const spell = (rules: typeof one): string => JSON.stringify(rules.map((rule) => JSON.stringify(rule)).sort());
  return spell(one) === spell(other);
}
