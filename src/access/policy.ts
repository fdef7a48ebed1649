// Who may do what: one pure function. The only caller is operations/guard.ts.

import type { Action } from '../model/action.ts';
import type { Identity } from '../model/identity.ts';
import type { VirtualPath } from '../model/path.ts';

/** `hidden`: not allowed, and the answer must not show whether anything is there. */
export type Decision = 'allow' | 'deny' | 'hidden';

/** Decides whether `identity` may do `action` to what really lies at `path` (links resolved). */
export type Policy = (identity: Identity, action: Action, path: VirtualPath) => Decision;

/** Every user is the owner of the own home, and there is nothing else. */
export const ownerPolicy: Policy = () => 'allow';
