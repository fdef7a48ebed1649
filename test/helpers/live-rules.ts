// Rules that a test makes, and changes while the server runs: limits of single users, with all else as without a file.

import { DEFAULT_RULES } from '../../src/model/default-rules.ts';
import type { Rules, RulesSource, UserRules } from '../../src/model/rules.ts';

export class LiveRules implements RulesSource {
  #now: Rules = DEFAULT_RULES;
  readonly #listeners = new Set<(rules: Rules) => void>();

  constructor(users: Readonly<Record<string, Partial<UserRules>>> = {}) {
    this.#now = { ...DEFAULT_RULES, users: new Map(Object.entries(users)) };
  }

  get now(): Rules {
    return this.#now;
  }

  onChange(listener: (rules: Rules) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on this holds for `user`. */
  set(user: string, rules: Partial<UserRules>): void {
    this.#now = { ...this.#now, users: new Map([...this.#now.users, [user, rules]]) };
    for (const listener of this.#listeners) listener(this.#now);
  }
}
