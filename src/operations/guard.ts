// The permission check: the only place in the program that asks the policy.
//
// Nothing is told of what is hidden. Whoever looks for it gets `not-found`, and whoever wants to make something of such a
// name `permission-denied`: both whether it is there or not. And nothing gets more rights by a new name: what is renamed,
// linked or copied must not be usable there in a way that it is not here.

import type { Policy } from '../access/policy.ts';
import type { Rights } from '../access/rights.ts';
import type { Action } from '../model/action.ts';
import type { AttributeChanges, EntryKind } from '../model/entry.ts';
import { FileError, type FileErrorCode } from '../model/error.ts';
import type { OpenOptions } from '../model/files.ts';
import type { Identity } from '../model/identity.ts';
import { ROOT, type VirtualPath } from '../model/path.ts';
import { BETWEEN_TREES } from '../storage/border.ts';
import type { Permit, Target } from '../storage/storage.ts';

/** What something was opened for: it stays open only as long as the rules allow that. */
export interface Granted {
  /** Those by which it was granted. While they are the user's, there is nothing to ask. */
  readonly rights: Rights;
  readonly path: VirtualPath;
  /** The shared folder that it is in: a path that leads to another tree now leads to another thing. */
  readonly folder: string | undefined;
  readonly actions: readonly Action[];
}

/** A permit that remembers what it was given for, the last time it was asked. */
export interface GrantingPermit {
  readonly permit: Permit;
  /** Undefined before it was asked. */
  readonly granted: () => Granted | undefined;
}

/** Makes the permits of one identity. A permit throws `permission-denied`, or `not-found` for what is hidden. */
export interface Guard {
  /** Throws unless every one of `actions` is allowed at `path`. */
  check(path: VirtualPath, ...actions: readonly Action[]): void;
  /** A permit for actions that do not depend on what is there. */
  allow(...actions: readonly Action[]): Permit;
  /** The same for actions that make something of that name. */
  make(...actions: readonly Action[]): Permit;
  /**
   * Looking at one thing. The home itself may always be looked at: every client does so first. So may a folder that one
   * may put something into: that it is there shows when that is done, and clients look before they do it.
   */
  readonly look: Permit;
  /** The same for what a path is called. Of something that one may make it tells no more than the name that was asked. */
  readonly resolve: Permit;
  list(): GrantingPermit;
  open(options: OpenOptions): GrantingPermit;
  rename(replace: boolean): { from: Permit; to: Permit };
  hardLink(): { existing: Permit; path: Permit };
  copy(targetOptions: OpenOptions): { source: GrantingPermit; target: GrantingPermit };
  change(changes: AttributeChanges): Permit;
  /** Whether the rules still allow what was granted. */
  stillAllows(granted: Granted | undefined): boolean;
  /** Which names a list of `folder` shows; undefined for all. */
  shownIn(folder: VirtualPath): ((name: string) => boolean) | undefined;
  /** Whether anything is hidden from the identity. */
  hidesSome(): boolean;
  /** Throws if a path as it was spelled goes through a hidden name: wherever a link of that name leads, it is not there. */
  seek(path: VirtualPath, purpose: 'find' | 'make'): void;
  /** Whether the server may be administered, which is asked of the home. */
  mayAdminister(): boolean;
}

export function createGuard({ policy, identity }: { policy: Policy; identity: Identity }): Guard {
  const rights = (): Rights => policy(identity);

  function checkAll(path: VirtualPath, actions: readonly Action[], whenHidden: FileErrorCode): void {
    const now = rights();
    for (const action of actions) {
      const decision = now.decide(action, path);
      if (decision === 'hidden') throw new FileError(whenHidden, { path });
      if (decision !== 'allow') throw new FileError('permission-denied', { path });
    }
  }
  const check = (path: VirtualPath, ...actions: readonly Action[]): void => checkAll(path, actions, 'not-found');
  const checkMaking = (path: VirtualPath, ...actions: readonly Action[]): void =>
    checkAll(path, actions, 'permission-denied');
  const allow =
    (...actions: readonly Action[]): Permit =>
    ({ path }) =>
      check(path, ...actions);

  const mayPut = (path: VirtualPath): boolean =>
    rights().decide('upload', path) === 'allow' || rights().decide('create_dirs', path) === 'allow';

  function granting(actionsFor: (target: Target) => readonly Action[], checking: typeof check): GrantingPermit {
    let granted: Granted | undefined;
    return {
      permit: (target) => {
        const now = rights();
        const actions = actionsFor(target);
        checking(target.path, ...actions);
        granted = { rights: now, path: target.path, folder: now.folderAt(target.path), actions };
      },
      granted: () => granted,
    };
  }

  const open = (options: OpenOptions): GrantingPermit =>
    granting((target) => openActions(options, target), options.create === true ? checkMaking : check);

  /** A file or folder can't be moved or linked into another tree, as not into another file system. */
  function checkMove(from: VirtualPath, to: VirtualPath, kind: EntryKind | undefined): void {
    const now = rights();
    if (now.folderAt(from) !== now.folderAt(to)) {
      throw new FileError('cross-device', { path: to, detail: BETWEEN_TREES });
    }
    if (now.gains(from, to, kind === 'directory' ? 'directory' : 'file')) throw gaining(to);
  }

  return {
    check,
    allow,
    make:
      (...actions) =>
      ({ path }) =>
        checkMaking(path, ...actions),
    look: ({ path, kind }) => {
      if (path !== ROOT && !(kind === 'directory' && mayPut(path))) check(path, 'list');
    },
    resolve: ({ path }) => {
      if (path !== ROOT && !mayPut(path)) check(path, 'list');
    },
    list: () => granting(() => ['list'], check),
    open,
    rename: (replace) => {
      // What is moved is known first: the storage asks for the source before it asks for the target.
      let source: Target = { path: ROOT, kind: undefined };
      const action = (): Action => (source.kind === 'directory' ? 'rename_dirs' : 'rename_files');
      return {
        from: (target) => {
          source = target;
          check(source.path, action());
        },
        to: ({ path, kind }) => {
          checkMaking(path, action());
          if (replace && kind !== undefined) checkMaking(path, 'overwrite');
          checkMove(source.path, path, source.kind);
        },
      };
    },
    hardLink: () => {
      let existing: Target = { path: ROOT, kind: undefined };
      return {
        existing: (target) => {
          existing = target;
          check(existing.path, 'create_symlinks');
        },
        path: ({ path }) => {
          checkMaking(path, 'create_symlinks');
          checkMove(existing.path, path, existing.kind);
        },
      };
    },
    copy: (targetOptions) => {
      const source = granting(() => ['copy'], check);
      const target = open(targetOptions);
      return {
        source,
        target: {
          permit: (found) => {
            target.permit(found);
            const from = source.granted()?.path ?? ROOT;
            if (rights().gains(from, found.path, 'copy')) throw gaining(found.path);
          },
          granted: target.granted,
        },
      };
    },
    change: (changes) => allow(...changeActions(changes)),
    stillAllows(granted) {
      if (granted === undefined) return false;
      const now = rights();
      if (now === granted.rights) return true;
      const { path, folder, actions } = granted;
      return now.folderAt(path) === folder && actions.every((action) => now.decide(action, path) === 'allow');
    },
    shownIn: (folder) => rights().shownIn(folder),
    hidesSome: () => rights().hidesSome,
    seek(path, purpose) {
      const now = rights();
      if (!now.hidesSome || now.decide('list', path) !== 'hidden') return;
      throw new FileError(purpose === 'make' ? 'permission-denied' : 'not-found', { path });
    },
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

function gaining(path: VirtualPath): FileError {
  return new FileError('permission-denied', { path, detail: 'more could be done with it there than where it is' });
}
