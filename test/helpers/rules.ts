// Rules as a test lays them down, and lays down others while a server runs.

import type { Role, Rules, RulesSource, UserRules } from '../../src/model/rules.ts';
import { ANY_PASSWORD, type PasswordRules, type Proof } from '../../src/model/rules.ts';

export interface RulesForTest {
  readonly users?: Readonly<Record<string, Partial<UserRules>>>;
  /** What roles demand of a login. */
  readonly roles?: Readonly<Record<string, readonly (readonly Proof[])[]>>;
  /** Members and roles of groups. */
  readonly groups?: Readonly<
    Record<string, { readonly members: readonly string[]; readonly roles: readonly string[] }>
  >;
  readonly passwords?: Partial<PasswordRules>;
}

export function rulesOf({ users = {}, roles = {}, groups = {}, passwords = {} }: RulesForTest): Rules {
  const names = { allowed: [], denied: [], hidden: [] };
  return {
    roles: new Map(
      Object.entries(roles).map(([name, login]): [string, Role] => [name, { name, rules: [], names, login }]),
    ),
    groups: new Map(Object.entries(groups).map(([name, group]) => [name, { name, ...group }])),
    folders: new Map(),
    users: new Map(Object.entries(users)),
    passwords: { ...ANY_PASSWORD, ...passwords },
  };
}

export interface ChangingRules extends RulesSource {
  /** Lays down other rules, as an edit of the file does. */
  change(rules: RulesForTest): void;
}

export function changingRules(first: RulesForTest = {}): ChangingRules {
  const listeners = new Set<(rules: Rules) => void>();
  let now = rulesOf(first);
  return {
    get now() {
      return now;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change: (rules) => {
      now = rulesOf(rules);
      for (const listener of listeners) listener(now);
    },
  };
}
