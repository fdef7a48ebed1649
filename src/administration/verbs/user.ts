// The verbs on users: who there is, and how they prove it.

import type { AccountSummary, UnreadableAccount } from '../../accounts/account-editor.ts';
import { AdministrationError, type VerbOperand, type VerbOption } from '../../model/administration.ts';
import { nameLeftIn, withoutUser } from '../rules-of-users.ts';
import { counted, defineVerb, said, table, type Verb } from '../verb.ts';

export const NAME: VerbOperand = { name: 'NAME', count: 'one', summary: 'Name of the user' };

const MUST_CHANGE = {
  'must-change': { summary: 'the user must choose another one at the next login' },
} satisfies Readonly<Record<string, VerbOption>>;

const add = defineVerb({
  name: 'user add',
  summary: 'Add a user; asks for the password',
  operands: [NAME],
  options: MUST_CHANGE,
  asks: 'password',
  changes: true,
  run: async ({ accounts, rules, operands: [user = ''], options, password }) => {
    await accounts.checkNewName(user);
    const mustChange = options['must-change'] === true;
    await accounts.add(user, await password({ user, check: accounts.checkPassword }), { mustChange });
    const { keys, totp } = await accounts.find(user);
    const notes: string[] = [];
    if (keys > 0) notes.push(`Note: ${counted(keys, 'public key')} in authorized_keys/${user} can log in, too.`);
    if (totp) {
      notes.push(
        `Note: the second factor in logins/${user} is asked for; \`user totp disable ${user}\` takes it away.`,
      );
    }
    const left = await nameLeftIn(rules, user);
    if (left.length > 0) notes.push(`Note: ${rules.label} named ${user} already: ${left.join(', ')}.`);
    const told = mustChange ? ', and must change the password at the first login' : '';
    return said(`${user} is added${told}.`, { user, keys, totp, mustChange, rules: left }, ...notes);
  },
});

const passwd = defineVerb({
  name: 'user passwd',
  summary: 'Give a user another password',
  operands: [NAME],
  options: MUST_CHANGE,
  asks: 'password',
  changes: true,
  run: async ({ accounts, operands: [user = ''], options, password }) => {
    const { locked } = await accounts.find(user);
    const mustChange = options['must-change'] === true;
    await accounts.setPassword(user, await password({ user, check: accounts.checkPassword }), { mustChange });
    const told = [
      ...(mustChange ? [', to be changed at the next login'] : []),
      ...(locked ? [', and is still locked'] : []),
    ];
    return said(`${user} has a new password${told.join('')}.`, { user, locked, mustChange });
  },
});

const lock = defineVerb({
  name: 'user lock',
  summary: 'Let a user in no more, and end the sessions, until unlocked',
  operands: [NAME],
  changes: true,
  run: async ({ accounts, operands: [user = ''] }) => {
    await accounts.setLocked(user, true);
    return said(`${user} is locked: neither the password nor a key lets in.`, { user, locked: true });
  },
});

const unlock = defineVerb({
  name: 'user unlock',
  summary: 'Let a locked user in again, by the same password and keys',
  operands: [NAME],
  changes: true,
  run: async ({ accounts, operands: [user = ''] }) => {
    await accounts.setLocked(user, false);
    return said(`${user} is unlocked, with the password and keys from before.`, { user, locked: false });
  },
});

const remove = defineVerb({
  name: 'user remove',
  summary: 'Remove a user, the keys, the second factor and the rules; the home stays',
  operands: [NAME],
  changes: true,
  run: async ({ accounts, rules, operands: [user = ''], inWords }) => {
    await accounts.remove(user);
    const sentence = `${user} is removed, with the public keys. The home and all files in it are still there.`;
    try {
      // Last, and not first: without its rules an account would have the rights of everybody else.
      await rules.edit((now) => withoutUser(now, user));
    } catch (error) {
      // The user is gone all the same: that is what has to be told, and recorded.
      const told = inWords(error);
      if (!(told instanceof AdministrationError)) throw error;
      const remark = `${rules.label} may still name ${user}, and could not be changed: ${told.message}`;
      return { ...said(sentence, { user }), remarks: [remark] };
    }
    return said(sentence, { user });
  },
});

const list = defineVerb({
  name: 'user list',
  summary: 'List the users',
  changes: false,
  run: async ({ accounts }) => table(await accounts.list(), cellsOf),
});

const hashAll = defineVerb({
  name: 'user hash-all',
  summary: 'Hash the passwords that stand in the file as plain text',
  changes: true,
  run: async ({ accounts }) => {
    const users = await accounts.hashAll();
    const sentence =
      users.length === 0
        ? 'There is no plain password.'
        : `${users.length} password${users.length === 1 ? ' is' : 's are'} hashed now: ${users.join(', ')}`;
    return said(sentence, { users });
  },
});

export const USER_VERBS: readonly Verb[] = [add, passwd, lock, unlock, remove, list, hashAll];

function cellsOf(account: AccountSummary | UnreadableAccount): string[] {
  const { user, password, keys, locked } = account;
  const logins =
    'unreadable' in account
      ? [`logins/${user} can't be read; \`user show ${user}\` says why`]
      : [...(account.totp ? ['totp'] : []), ...(account.mustChange ? ['must change'] : [])];
  const marks = [...logins, ...(locked ? ['locked'] : [])];
  return [user, password.padEnd(8), counted(keys, 'key'), ...marks];
}
