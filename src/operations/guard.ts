// The permission check: the only place in the program that asks the policy.

import type { Policy } from '../access/policy.ts';
import type { Action } from '../model/action.ts';
import type { AttributeChanges } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { OpenOptions } from '../model/files.ts';
import type { Identity } from '../model/identity.ts';
import { ROOT, type VirtualPath } from '../model/path.ts';
import type { Permit, Target } from '../storage/storage.ts';

/** Makes the permits of one identity. A permit throws `permission-denied`, or `not-found` for what is hidden. */
export interface Guard {
  /** Throws unless every one of `actions` is allowed at `path`. */
  check(path: VirtualPath, ...actions: readonly Action[]): void;
  /** A permit for actions that do not depend on what is there. */
  allow(...actions: readonly Action[]): Permit;
  /** Looking at one thing. The home itself may always be looked at: every client does so first. */
  readonly look: Permit;
  open(options: OpenOptions): Permit;
  rename(replace: boolean): { from: Permit; to: Permit };
  change(changes: AttributeChanges): Permit;
  /** Whether the server may be administered, which is asked of the home. */
  mayAdminister(): boolean;
}

export function createGuard({ policy, identity }: { policy: Policy; identity: Identity }): Guard {
  const check = (path: VirtualPath, ...actions: readonly Action[]): void => {
    const rights = policy(identity);
    for (const action of actions) {
      const decision = rights.decide(action, path);
      if (decision === 'hidden') throw new FileError('not-found', { path });
      if (decision !== 'allow') throw new FileError('permission-denied', { path });
    }
  };
  const allow =
    (...actions: readonly Action[]): Permit =>
    ({ path }) =>
      check(path, ...actions);
  return {
    check,
    allow,
    look: ({ path }) => {
      if (path !== ROOT) check(path, 'list');
    },
    open: (options) => (target) => check(target.path, ...openActions(options, target)),
    rename: (replace) => {
      // What is moved is known first: the storage asks for the source before it asks for the target.
      let action: Action = 'rename_files';
      return {
        from: ({ path, kind }) => {
          action = kind === 'directory' ? 'rename_dirs' : 'rename_files';
          check(path, action);
        },
        to: ({ path, kind }) => {
          check(path, action);
          if (replace && kind !== undefined) check(path, 'overwrite');
        },
      };
    },
    change: (changes) => allow(...changeActions(changes)),
    mayAdminister: () => policy(identity).decide('administer', ROOT) === 'allow',
  };
}

function openActions(options: OpenOptions, target: Target): Action[] {
  const actions: Action[] = [];
  if (options.read === true) actions.push('download');
  if (options.write === true) actions.push(target.kind === undefined ? 'upload' : 'overwrite');
  return actions;
}

/** Which rights a change of attributes needs; changing the size is writing to the file. */
export function changeActions(changes: AttributeChanges): Action[] {
  const actions: Action[] = [];
  if (changes.sizeBytes !== undefined) actions.push('overwrite');
  if (changes.mode !== undefined) actions.push('chmod');
  if (changes.owner !== undefined) actions.push('chown');
  if (changes.times !== undefined) actions.push('chtimes');
  return actions;
}
