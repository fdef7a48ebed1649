// The verbs on groups of users.

import { AdministrationError, type VerbOperand } from '../../model/administration.ts';
import { keyValueChanges, keyValueOperand, keyValuesShown } from '../key-values.ts';
import { requireUsers } from '../require-users.ts';
import { entriesOf, entryOf, grantsOf, namesIn, requireEntry, requireNew } from '../rules-content.ts';
import type { RulesContent } from '../rules-editor.ts';
import { withoutGrants } from '../rules-of-users.ts';
import { defineVerb, details, said, table, type Verb } from '../verb.ts';

const GROUP: VerbOperand = { name: 'GROUP', count: 'one', summary: 'Name of the group' };
const USERS: VerbOperand = { name: 'USER', count: 'some', summary: 'Names of users, * for everybody' };

const list = defineVerb({
  name: 'group list',
  summary: 'List the groups',
  changes: false,
  run: async ({ rules }) => {
    const { content } = await rules.read();
    const groups = [...entriesOf(content, 'groups').keys()].map((group) => summary(content, group));
    return table(
      groups,
      ({ group, members, roles }) => [
        group,
        membersShown(members),
        ...(roles.length > 0 ? [`roles ${roles.join(', ')}`] : []),
      ],
      'there is no group',
    );
  },
});

const show = defineVerb({
  name: 'group show',
  summary: 'Show who is in a group, and what the group gives',
  operands: [GROUP],
  changes: false,
  run: async ({ rules, operands: [group = ''] }) => {
    const { content } = await rules.read();
    requireEntry(content, 'groups', group);
    const { members, roles } = summary(content, group);
    const folders = [...entriesOf(content, 'folders')].flatMap(([folder, entry]) =>
      grantsOf(entry)
        .filter(({ groups }) => groups.includes(group))
        .map(({ role }) => ({ folder, role })),
    );
    return details({ group, members, roles, folders }, [
      ['group', group],
      ['members', membersShown(members)],
      ['roles', roles.join(', ')],
      ...folders.map(({ folder, role }): [string, string] => ['folder', `${folder} as ${role}`]),
    ]);
  },
});

const add = defineVerb({
  name: 'group add',
  summary: 'Make a group',
  operands: [GROUP, { ...USERS, count: 'any' }],
  changes: true,
  run: async ({ accounts, rules, operands: [group = '', ...users] }) => {
    await requireUsers(accounts, users);
    await rules.edit(({ content }) => {
      requireNew(content, 'groups', group);
      return [{ path: ['groups', group, 'members'], value: [...new Set(users)] }];
    });
    return said(`the group ${group} is there now, with ${membersShown(users)}.`, { group, members: users });
  },
});

const remove = defineVerb({
  name: 'group remove',
  summary: 'Remove a group, and what it was granted; its members stay users',
  operands: [GROUP],
  changes: true,
  run: async ({ rules, operands: [group = ''] }) => {
    await rules.edit((now) => {
      requireEntry(now.content, 'groups', group);
      return [...withoutGrants(now, [{ kind: 'groups', name: group }]), { path: ['groups', group], value: undefined }];
    });
    return said(`the group ${group} is removed, and its grants in shared folders.`, { group });
  },
});

const join = defineVerb({
  name: 'group join',
  summary: 'Put users into a group',
  operands: [GROUP, USERS],
  changes: true,
  run: async ({ accounts, rules, operands: [group = '', ...users] }) => {
    await requireUsers(accounts, users);
    let members: readonly string[] = [];
    await rules.edit(({ content }) => {
      members = [...new Set([...namesIn(requireEntry(content, 'groups', group)['members']), ...users])];
      return [{ path: ['groups', group, 'members'], value: members }];
    });
    return said(`the group ${group} has ${membersShown(members)} now.`, { group, members });
  },
});

const leave = defineVerb({
  name: 'group leave',
  summary: 'Take users out of a group',
  operands: [GROUP, USERS],
  changes: true,
  run: async ({ rules, operands: [group = '', ...users] }) => {
    let members: readonly string[] = [];
    await rules.edit(({ content }) => {
      const before = namesIn(requireEntry(content, 'groups', group)['members']);
      const missing = users.find((user) => !before.includes(user));
      if (missing !== undefined) throw new AdministrationError(`${missing} is not in the group ${group}`);
      members = before.filter((member) => !users.includes(member));
      return [{ path: ['groups', group, 'members'], value: members }];
    });
    return said(`the group ${group} has ${membersShown(members)} now.`, { group, members });
  },
});

const set = defineVerb({
  name: 'group set',
  summary: 'Set what a group gives its members',
  operands: [GROUP, keyValueOperand('groups', 'some')],
  changes: true,
  run: async ({ rules, operands: [group = '', ...words] }) => {
    await rules.edit((now) => {
      requireEntry(now.content, 'groups', group);
      return keyValueChanges(now, ['groups', group], words);
    });
    const entry = entryOf((await rules.read()).content, 'groups', group);
    return said(`the group ${group}: ${keyValuesShown(entry)}`, { group, ...entry });
  },
});

export const GROUP_VERBS: readonly Verb[] = [list, show, add, remove, join, leave, set];

function summary(
  content: RulesContent,
  group: string,
): { group: string; members: readonly string[]; roles: readonly string[] } {
  const entry = entryOf(content, 'groups', group);
  return { group, members: namesIn(entry?.['members']), roles: namesIn(entry?.['roles']) };
}

function membersShown(members: readonly string[]): string {
  return members.length === 0 ? 'nobody' : members.join(', ');
}
