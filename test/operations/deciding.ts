// A policy that a test makes of one function, for whoever asks.

import type { Policy } from '../../src/access/policy.ts';
import type { Rights } from '../../src/access/rights.ts';
import type { Decision } from '../../src/access/verdict.ts';
import type { Action } from '../../src/model/action.ts';
import type { VirtualPath } from '../../src/model/path.ts';

export function deciding(decide: (action: Action, path: VirtualPath) => Decision): Policy {
  const rights: Rights = {
    decide,
    verdict: (action, path) => ({ decision: decide(action, path), reason: { by: 'no-rule', roles: [] } }),
    folderAt: () => undefined,
    gains: () => false,
    shownIn: () => undefined,
    hidesSome: false,
  };
  return () => rights;
}
