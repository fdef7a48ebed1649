// The verbs on what sshome.yaml says of a user.

import { keyValueChanges, keyValueOperand, keyValuesShown, valueShown } from '../key-values.ts';
import { EVERYBODY } from '../require-users.ts';
import { entriesOf, entryOf, grantsOf } from '../rules-content.ts';
import { groupsOf } from '../rules-of-users.ts';
import { defineVerb, details, said, type Verb } from '../verb.ts';
import { NAME } from './user.ts';

const set = defineVerb({
  name: 'user set',
  summary: 'Set rules of a user in sshome.yaml; of * for everybody else',
  operands: [NAME, keyValueOperand('users', 'some')],
  changes: true,
  run: async ({ accounts, rules, operands: [user = '', ...words] }) => {
    if (user !== EVERYBODY) await accounts.find(user);
    const isChanged = await rules.edit((now) => keyValueChanges(now, ['users', user], words));
    const entry = entryOf((await rules.read()).content, 'users', user);
    const says = entry === undefined ? 'nothing' : keyValuesShown(entry);
    return said(`${rules.label} ${isChanged ? 'says now' : 'said already'} of ${user}: ${says}`, {
      user,
      rules: entry ?? {},
    });
  },
});

const show = defineVerb({
  name: 'user show',
  summary: 'Show all that is known of a user',
  operands: [NAME],
  changes: false,
  run: async ({ accounts, rules, operands: [user = ''] }) => {
    const { password, locked, totp, mustChange } = await accounts.find(user);
    const keys = await accounts.keys(user);
    const now = await rules.read();
    const own = entryOf(now.content, 'users', user) ?? {};
    const everybody = entryOf(now.content, 'users', EVERYBODY) ?? {};
    const groups = groupsOf(now, user);
    const folders = [...entriesOf(now.content, 'folders')].flatMap(([folder, entry]) =>
      grantsOf(entry)
        .filter(
          (grant) =>
            grant.users.includes(user) ||
            grant.users.includes(EVERYBODY) ||
            grant.groups.some((group) => groups.includes(group)),
        )
        .map(({ role }) => ({ folder, role })),
    );
    const rest = Object.entries(everybody).filter(([key]) => !(key in own));
    return details({ user, password, locked, totp, mustChange, keys, groups, folders, rules: own, everybody }, [
      ['user', `${user}${locked ? ' (locked)' : ''}`],
      ['password', `${password}${mustChange ? ' (must be changed at the next login)' : ''}`],
      ['second factor', totp ? 'one-time codes' : undefined],
      ...keys.map(({ fingerprint, type, comment }): [string, string] => ['key', `${fingerprint} ${type} ${comment}`]),
      ['groups', groups.join(', ')],
      ...folders.map(({ folder, role }): [string, string] => ['folder', `${folder} as ${role}`]),
      ...Object.entries(own).map(([key, value]): [string, string] => [key, valueShown(value)]),
      ...rest.map(([key, value]): [string, string] => [key, `${valueShown(value)} (as everybody)`]),
    ]);
  },
});

export const USER_RULES_VERBS: readonly Verb[] = [set, show];
