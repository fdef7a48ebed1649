// Who may do what. The only caller of what it decides is operations/guard.ts.

import { DEFAULT_RULES } from '../model/default-rules.ts';
import type { Identity } from '../model/identity.ts';
import type { RulesSource } from '../model/rules.ts';
import { compileRights, type Rights } from './rights.ts';

/** What `identity` may do now. To be asked for each decision: the rules change. */
export type Policy = (identity: Identity) => Rights;

/** Decides by the rules that `source` has. What it compiles it keeps until they change, for each user who asks. */
export function createPolicy(source: Pick<RulesSource, 'now'>): Policy {
  let rules = source.now;
  const compiled = new Map<string, Rights>();
  return ({ user }) => {
    if (rules !== source.now) {
      rules = source.now;
      compiled.clear();
    }
    let rights = compiled.get(user);
    if (rights === undefined) {
      rights = compileRights(rules, user);
      compiled.set(user, rights);
    }
    return rights;
  };
}

/** Every user is the owner of the own home, and there is nothing else. */
export const ownerPolicy: Policy = createPolicy({ now: DEFAULT_RULES });
