// What holds without a file: the roles that are always there, and that everybody is the owner of the own home.

import { ACTIONS, type Action } from './action.ts';
import type { NameRules, Role, Rules } from './rules.ts';

export const NO_NAME_RULES: NameRules = { allowed: [], denied: [], hidden: [] };

/** What an owner may: everything but to manage others. The rules of a file say `all` for it. */
export const OWNER_ACTIONS: readonly Action[] = ACTIONS.filter((action) => action !== 'administer');

const EDITORS_MAY_NOT: readonly Action[] = ['create_symlinks', 'chmod', 'chown', 'share'];

export type BuiltInRole = 'owner' | 'editor' | 'viewer' | 'dropbox' | 'admin';

const ALLOWED: Readonly<Record<BuiltInRole, readonly Action[]>> = {
  /** Everything but to manage others. */
  owner: OWNER_ACTIONS,
  /** Files and folders, but no links, modes, owners and shares. */
  editor: OWNER_ACTIONS.filter((action) => !EDITORS_MAY_NOT.includes(action)),
  viewer: ['list', 'download'],
  /** Clients set the time of what they have uploaded, and take it for failed when that is refused. */
  dropbox: ['upload', 'create_dirs', 'chtimes'],
  admin: ACTIONS,
};

export const BUILT_IN_ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(ALLOWED).map(([name, allow]) => [
    name,
    { name, rules: [{ path: '/', allow, deny: [] }], names: NO_NAME_RULES, login: [] },
  ]),
);

export function isBuiltInRole(name: string): name is BuiltInRole {
  return BUILT_IN_ROLES.has(name);
}

/** The rules of a server without sshome.yaml. The least length of a password is that of NIST SP 800-63B. */
export const DEFAULT_RULES: Rules = {
  roles: BUILT_IN_ROLES,
  groups: new Map(),
  folders: new Map(),
  users: new Map(),
  passwords: { minLength: 8, breachedFile: '', maxAgeMs: undefined },
};
