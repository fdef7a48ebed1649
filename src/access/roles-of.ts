// Who has which roles where. What a role means is decided in tree.ts.

import type { Role, Rules, SharedFolder } from '../model/rules.ts';
import { userRules } from './user-rules.ts';

/** Stands for every user among the members of a group and those of a grant. */
const EVERYBODY = '*';
const DEFAULT_ROLE = 'owner';

/** The roles that `user` has in the own home: the own ones and those of the groups, and with none, that of an owner. */
export function homeRoles(rules: Rules, user: string): readonly Role[] {
  const names = new Set(userRules(rules, user).roles);
  for (const { members, roles } of rules.groups.values()) {
    if (isAmong(members, user)) for (const role of roles) names.add(role);
  }
  return named(rules, names.size > 0 ? names : [DEFAULT_ROLE]);
}

/** The roles that `user` has in a shared folder; none for whom it is not there. */
export function folderRoles(rules: Rules, folder: SharedFolder, user: string): readonly Role[] {
  const names = new Set<string>();
  for (const { role, users, groups } of folder.grants) {
    const isGranted =
      isAmong(users, user) || groups.some((group) => isAmong(rules.groups.get(group)?.members ?? [], user));
    if (isGranted) names.add(role);
  }
  return named(rules, names);
}

/** The shared folders that stand in the tree of `user`. */
export function sharedFoldersOf(rules: Rules, user: string): readonly SharedFolder[] {
  return [...rules.folders.values()].filter((folder) => folderRoles(rules, folder, user).length > 0);
}

function isAmong(users: readonly string[], user: string): boolean {
  return users.includes(user) || users.includes(EVERYBODY);
}

function named(rules: Rules, names: Iterable<string>): Role[] {
  return [...names].flatMap((name) => rules.roles.get(name) ?? []);
}
