// Where sshome.yaml names a user or group, and how it is taken out: whoever gets the name next must not find rights under it.

import { AdministrationError } from '../model/administration.ts';
import { entriesOf, entryOf, grantsOf, namesIn } from './rules-content.ts';
import type { RulesChange, RulesEditor, RulesNow } from './rules-editor.ts';

/** The places that name `user`, in words; none when the file can't be read: it gives nobody a right then. */
export async function nameLeftIn(rules: RulesEditor, user: string): Promise<string[]> {
  try {
    return placesOf(await rules.read(), user);
  } catch (error) {
    if (error instanceof AdministrationError) return [];
    throw error;
  }
}

/** The groups that `user` is a member of. */
export function groupsOf({ content }: Pick<RulesNow, 'content'>, user: string): string[] {
  const groups = [...entriesOf(content, 'groups')];
  return groups.filter(([, { members }]) => namesIn(members).includes(user)).map(([name]) => name);
}

function placesOf(now: RulesNow, user: string): string[] {
  const folders = [...entriesOf(now.content, 'folders')].filter(([, folder]) =>
    grantsOf(folder).some(({ users }) => users.includes(user)),
  );
  return [
    ...(entryOf(now.content, 'users', user) === undefined ? [] : ['its rules']),
    ...groupsOf(now, user).map((group) => `the group ${group}`),
    ...folders.map(([folder]) => `the folder ${folder}`),
  ];
}

/** What takes a user out of the rules. */
export function withoutUser(now: RulesNow, user: string): RulesChange[] {
  const groups = groupsOf(now, user).map((group): RulesChange => {
    const members = namesIn(entryOf(now.content, 'groups', group)?.['members']);
    return { path: ['groups', group, 'members'], value: members.filter((member) => member !== user) };
  });
  const own: RulesChange[] =
    entryOf(now.content, 'users', user) === undefined ? [] : [{ path: ['users', user], value: undefined }];
  return [...own, ...groups, ...withoutGrants(now, [{ kind: 'users', name: user }])];
}

export const GRANTEE_KINDS = ['users', 'groups'] as const;

/** Somebody who can be granted a role in a folder. */
export interface Grantee {
  readonly kind: (typeof GRANTEE_KINDS)[number];
  readonly name: string;
}

/** What takes the grants of `grantees` out of `folder`, or of all folders. A grant that is left to nobody goes. */
export function withoutGrants({ content }: RulesNow, grantees: readonly Grantee[], folder?: string): RulesChange[] {
  const left = (kind: Grantee['kind'], names: readonly string[]): string[] =>
    names.filter((name) => !grantees.some((one) => one.kind === kind && one.name === name));
  return [...entriesOf(content, 'folders')]
    .filter(([folderName]) => folder === undefined || folder === folderName)
    .flatMap(([folderName, entry]) => {
      const changes = [...grantsOf(entry).entries()].flatMap(([index, grant]): RulesChange[] => {
        const path = ['folders', folderName, 'grants', index];
        const rest = { users: left('users', grant.users), groups: left('groups', grant.groups) };
        if (rest.users.length + rest.groups.length === 0) return [{ path, value: undefined }];
        return GRANTEE_KINDS.flatMap((kind) =>
          rest[kind].length === grant[kind].length ? [] : [{ path: [...path, kind], value: rest[kind] }],
        );
      });
      // The last one first: a member that goes changes the numbers of those after it.
      return changes.reverse();
    });
}
