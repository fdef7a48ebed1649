// The verbs on roles. What a role may do is written by hand, in sshome.yaml: a rule is more than some words can say. Who has
// it is said with the user, the group or the folder.

import { AdministrationError } from '../../model/administration.ts';
import type { PathRule, Role } from '../../model/rules.ts';
import { entriesOf, entryOf, grantsOf, namesIn } from '../rules-content.ts';
import type { RulesContent } from '../rules-editor.ts';
import { defineVerb, details, table, type Verb } from '../verb.ts';

const list = defineVerb({
  name: 'role list',
  summary: 'List the roles, and who has them',
  changes: false,
  run: async ({ rules }) => {
    const now = await rules.read();
    const roles = [...now.rules.roles.keys()].map((role) => ({
      role,
      builtIn: entryOf(now.content, 'roles', role) === undefined,
      ...holdersOf(now.content, role),
    }));
    return table(roles, ({ role, builtIn, users, groups, folders }) => [
      role,
      builtIn ? 'built in' : rules.label,
      [
        ...users,
        ...groups.map((group) => `group:${group}`),
        ...folders.map((folder) => `in the folder ${folder}`),
      ].join(', '),
    ]);
  },
});

const show = defineVerb({
  name: 'role show',
  summary: 'Show what a role may do, and who has it',
  operands: [{ name: 'ROLE', count: 'one', summary: 'Name of the role' }],
  changes: false,
  run: async ({ rules, operands: [name = ''] }) => {
    const now = await rules.read();
    const role = now.rules.roles.get(name);
    if (role === undefined) {
      throw new AdministrationError(
        `there is no role ${JSON.stringify(name)}; there are ${[...now.rules.roles.keys()].join(', ')}`,
      );
    }
    const { users, groups, folders } = holdersOf(now.content, name);
    return details({ role: name, rules: role.rules, names: role.names, login: role.login, users, groups, folders }, [
      ['role', name],
      ...role.rules.map((rule): [string, string] => [rule.path, ruleShown(rule)]),
      ...namesShown(role),
      ['login', role.login.map((proofs) => proofs.join('+')).join(' or ')],
      ['users', users.join(', ')],
      ['groups', groups.join(', ')],
      ['folders', folders.join(', ')],
    ]);
  },
});

export const ROLE_VERBS: readonly Verb[] = [list, show];

/** Who is given the role by name: in the home, by a group, and in shared folders. */
function holdersOf(content: RulesContent, role: string): { users: string[]; groups: string[]; folders: string[] } {
  const havingIt = (section: 'users' | 'groups'): string[] =>
    [...entriesOf(content, section)].filter(([, { roles }]) => namesIn(roles).includes(role)).map(([name]) => name);
  const folders = [...entriesOf(content, 'folders')].filter(([, folder]) =>
    grantsOf(folder).some((grant) => grant.role === role),
  );
  return { users: havingIt('users'), groups: havingIt('groups'), folders: folders.map(([name]) => name) };
}

function ruleShown({ allow, deny }: PathRule): string {
  return [
    ...(allow.length > 0 ? [`may ${allow.join(', ')}`] : []),
    ...(deny.length > 0 ? [`must not ${deny.join(', ')}`] : []),
  ].join('; ');
}

function namesShown({ names }: Role): [string, string][] {
  return [
    ['names allowed', names.allowed.join(', ')],
    ['names denied', names.denied.join(', ')],
    ['names hidden', names.hidden.join(', ')],
  ];
}
