// The rules of some roles for the paths of one tree, ready to decide: of those that mention the action, the one with the
// most names wins, and where several have as many, one that denies.

import type { Action } from '../model/action.ts';
import { compilePattern, isPattern, literalOf, type NameMatcher } from '../model/glob-pattern.ts';
import type { Role } from '../model/rules.ts';
import { type ActionSet, actionSet, has, NO_ACTIONS, without } from './action-set.ts';
import type { Verdict } from './verdict.ts';

interface CompiledRule {
  readonly names: readonly NameMatcher[];
  /** The names as they were written, with the user's in its place. */
  readonly patterns: readonly string[];
  readonly allow: ActionSet;
  readonly deny: ActionSet;
  readonly allowed: Verdict;
  readonly denied: Verdict;
}

export interface CompiledPaths {
  /** What is allowed everywhere; undefined when that differs from path to path. */
  readonly everywhere: ActionSet | undefined;
  verdict(action: Action, names: readonly string[]): Verdict;
  /** All that is allowed at a path. */
  allowedAt(names: readonly string[]): ActionSet;
  /** What rules for paths below this one say, each with its names from here on. */
  below(names: readonly string[]): readonly RuleBelow[];
}

export interface RuleBelow {
  readonly tail: string;
  readonly allow: ActionSet;
  readonly deny: ActionSet;
}

export function compilePaths(roles: readonly Role[], user: string): CompiledPaths {
  const rules = roles.flatMap((role) => rulesOf(role, user)).sort((a, b) => b.names.length - a.names.length);
  const none: Verdict = { decision: 'deny', reason: { by: 'no-rule', roles: roles.map(({ name }) => name) } };

  function allowedAt(names: readonly string[]): ActionSet {
    let allowed = NO_ACTIONS;
    let decided = NO_ACTIONS;
    // Rules of one length are taken together, the longest first.
    for (let at = 0; at < rules.length; ) {
      const length = rules[at]?.names.length ?? 0;
      let allow = NO_ACTIONS;
      let deny = NO_ACTIONS;
      for (; at < rules.length && rules[at]?.names.length === length; at += 1) {
        const rule = rules[at];
        if (rule === undefined || !holdsAt(rule, names)) continue;
        allow |= rule.allow;
        deny |= rule.deny;
      }
      allowed |= without(without(allow, deny), decided);
      decided |= allow | deny;
    }
    return allowed;
  }

  return {
    everywhere: rules.every((rule) => rule.names.length === 0) ? allowedAt([]) : undefined,
    verdict(action, names) {
      let allowed: CompiledRule | undefined;
      for (const rule of rules) {
        if (allowed !== undefined && rule.names.length < allowed.names.length) break;
        if (!holdsAt(rule, names)) continue;
        if (has(rule.deny, action)) return rule.denied;
        if (has(rule.allow, action)) allowed ??= rule;
      }
      return allowed?.allowed ?? none;
    },
    allowedAt,
    below: (names) =>
      rules
        .filter((rule) => rule.names.length > names.length && names.every((name, at) => rule.names[at]?.(name)))
        .map(({ patterns, allow, deny }) => ({ tail: patterns.slice(names.length).join('/'), allow, deny })),
  };
}

function holdsAt(rule: CompiledRule, names: readonly string[]): boolean {
  const { length } = rule.names;
  if (length > names.length) return false;
  for (let at = 0; at < length; at += 1) if (rule.names[at]?.(names[at] ?? '') !== true) return false;
  return true;
}

function rulesOf({ name: role, rules }: Role, user: string): CompiledRule[] {
  return rules.map(({ path, allow, deny }) => {
    const patterns = path
      .split('/')
      .filter((name) => name !== '')
      .map((name) => withUser(name, user));
    return {
      names: patterns.map(matcherOf),
      patterns,
      allow: actionSet(allow),
      deny: actionSet(deny),
      allowed: { decision: 'allow', reason: { by: 'rule', role, rule: path, effect: 'allow' } },
      denied: { decision: 'deny', reason: { by: 'rule', role, rule: path, effect: 'deny' } },
    };
  });
}

/** The pattern with the user's name for `{user}`, as nothing but itself; what is escaped stays. */
function withUser(pattern: string, user: string): string {
  return pattern.replace(/\\[\s\S]|\{user\}/g, (found) =>
    found === '{user}' ? user.replace(/[\\*?[\]]/g, '\\$&') : found,
  );
}

function matcherOf(pattern: string): NameMatcher {
  if (isPattern(pattern)) return compilePattern(pattern, { dot: true });
  const literal = literalOf(pattern);
  return (name) => name === literal;
}
