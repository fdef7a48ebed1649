// Which names files may have. The patterns of all roles that hold in a tree are put together: what one hides or denies
// stays hidden or denied, whatever other roles there are, and of the allowed names it takes one that any role allows.

import type { Action } from '../model/action.ts';
import { compilePattern, isPattern, literalOf, type NameMatcher } from '../model/glob-pattern.ts';
import type { Role } from '../model/rules.ts';
import { actionSet, has } from './action-set.ts';
import type { Verdict } from './verdict.ts';

/** What needs an allowed name: it reads, writes, moves, ends or names one file. */
const OF_FILES = actionSet([
  'download',
  'upload',
  'overwrite',
  'delete_files',
  'rename_files',
  'create_symlinks',
  'copy',
]);

interface NamePattern {
  readonly matches: NameMatcher;
  readonly verdict: Verdict;
}

export interface CompiledNames {
  /** Whether any name is hidden. */
  readonly hidesSome: boolean;
  isHidden(name: string): boolean;
  /** Decides by the names of a path in the tree; undefined when they say nothing. */
  verdict(action: Action, names: readonly string[]): Verdict | undefined;
}

/** Undefined when there are no rules for names. */
export function compileNames(roles: readonly Role[]): CompiledNames | undefined {
  const hidden = roles.flatMap((role) => patternsOf(role, 'hidden'));
  const denied = roles.flatMap((role) => patternsOf(role, 'denied'));
  const allowed = roles.flatMap(({ names }) => names.allowed);
  if (hidden.length + denied.length + allowed.length === 0) return undefined;
  const allowedMatchers = allowed.map(matcherOf);
  const otherName: Verdict = { decision: 'deny', reason: { by: 'other-name', patterns: allowed } };

  return {
    hidesSome: hidden.length > 0,
    isHidden: (name) => hidden.some(({ matches }) => matches(name)),
    verdict(action, names) {
      const isHidden = firstMatch(hidden, names);
      if (isHidden !== undefined) return isHidden;
      const isDenied = action === 'list' ? undefined : firstMatch(denied, names);
      if (isDenied !== undefined) return isDenied;
      const last = names.at(-1);
      if (allowed.length === 0 || last === undefined || !has(OF_FILES, action)) return undefined;
      return allowedMatchers.some((matches) => matches(last)) ? undefined : otherName;
    },
  };
}

function patternsOf({ name: role, names }: Role, list: 'hidden' | 'denied'): NamePattern[] {
  return names[list].map((pattern) => ({
    matches: matcherOf(pattern),
    verdict: { decision: list === 'hidden' ? 'hidden' : 'deny', reason: { by: 'name', role, list, pattern } },
  }));
}

/** Of two names that differ in case, one disk has two files and another has one: no rule may depend on that. */
function matcherOf(pattern: string): NameMatcher {
  if (isPattern(pattern)) return compilePattern(pattern, { dot: true, ignoreCase: true });
  const literal = literalOf(pattern).toLowerCase();
  return (name) => name.toLowerCase() === literal;
}

function firstMatch(patterns: readonly NamePattern[], names: readonly string[]): Verdict | undefined {
  for (const { matches, verdict } of patterns) if (names.some(matches)) return verdict;
  return undefined;
}
