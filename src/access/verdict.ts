// A decision and what it was made by: for the guard the first, for `sshome access explain` both.

import type { Action } from '../model/action.ts';
import type { NameRules } from '../model/rules.ts';

/** `hidden`: not allowed, and the answer must not show whether anything is there. */
export type Decision = 'allow' | 'deny' | 'hidden';

export type Reason =
  /** A rule of a role, with the path as the file has it. */
  | { readonly by: 'rule'; readonly role: string; readonly rule: string; readonly effect: 'allow' | 'deny' }
  /** A name on the path, and the pattern of a role that it matches. */
  | { readonly by: 'name'; readonly role: string; readonly list: 'hidden' | 'denied'; readonly pattern: string }
  /** The last name is none of those that the roles allow. */
  | { readonly by: 'other-name'; readonly patterns: NameRules['allowed'] }
  | { readonly by: 'no-rule'; readonly roles: readonly string[] }
  /** The shared folder is granted to others. */
  | { readonly by: 'no-grant'; readonly folder: string }
  /** A shared folder that the user may see lies below. */
  | { readonly by: 'way'; readonly folder: string };

export interface Verdict {
  readonly decision: Decision;
  readonly reason: Reason;
}

/** The reason in words, as they follow "because". */
export function describeReason(reason: Reason, action: Action): string {
  switch (reason.by) {
    case 'rule':
      return `the role ${reason.role} ${reason.effect === 'allow' ? 'allows' : 'denies'} ${action} at ${reason.rule}`;
    case 'name':
      return `the role ${reason.role} has the name ${reason.pattern} among the ${reason.list} ones`;
    case 'other-name':
      return `the file has none of the allowed names: ${reason.patterns.join(', ')}`;
    case 'no-rule':
      return reason.roles.length === 0
        ? 'no role holds there'
        : `no rule mentions ${action} there, in ${reason.roles.join(', ')}`;
    case 'no-grant':
      return `the shared folder ${reason.folder} is granted to others`;
    case 'way':
      return `it leads to the shared folder ${reason.folder}`;
    default:
      return reason satisfies never;
  }
}
