// What each user and each tree may use, by the rules as they are now: whoever limits something asks here, each time.

import type { Quota, Rules, RulesSource, UserRules } from '../model/rules.ts';
import type { Tree } from '../model/usage.ts';
import { userRules } from './user-rules.ts';

export interface Limits {
  ofUser(user: string): UserRules;
  ofTree(tree: Tree): Quota;
  /** The homes of all users, and all shared folders. */
  trees(): Iterable<Tree>;
}

const NO_QUOTA: Quota = { bytes: undefined, files: undefined };

export function limitsFrom({ rules, users }: { rules: RulesSource; users: () => Iterable<string> }): Limits {
  /** Of the rules as they are now: asked at every write. */
  let known: { readonly of: Rules; readonly users: Map<string, UserRules> } | undefined;

  function ofUser(user: string): UserRules {
    if (known?.of !== rules.now) known = { of: rules.now, users: new Map() };
    const found = known.users.get(user) ?? userRules(known.of, user);
    known.users.set(user, found);
    return found;
  }

  return {
    ofUser,
    ofTree: (tree) => {
      const name = tree.slice(tree.indexOf(':') + 1);
      return tree.startsWith('home:') ? ofUser(name).quota : (rules.now.folders.get(name)?.quota ?? NO_QUOTA);
    },
    *trees() {
      for (const user of users()) yield `home:${user}`;
      for (const name of rules.now.folders.keys()) yield `folder:${name}`;
    },
  };
}
