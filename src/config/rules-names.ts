// Names in the rules: those that people give to roles, groups and folders, those of users, and references to them.

import { isUserName, USER_NAME_RULE } from '../model/user-name.ts';
import type { KnownNames } from './file-node.ts';
import type { Form, KeyRule } from './form.ts';
import { show } from './setting.ts';

const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
const USER_PATTERN = '^[A-Za-z0-9_@][A-Za-z0-9._@-]{0,63}$';

/** Stands for every user. */
export const EVERYBODY = '*';

export const GIVEN_NAME: KeyRule = {
  isKey: (key) => new RegExp(NAME_PATTERN).test(key),
  rule: 'it has 1 to 64 letters (a-z, A-Z), digits, ".", "_" or "-", and starts with a letter or digit',
  pattern: NAME_PATTERN,
};

export const USER_OR_EVERYBODY: KeyRule = {
  isKey: (key) => key === EVERYBODY || isUserName(key),
  rule: `${USER_NAME_RULE}; "*" is everybody`,
  pattern: `^\\*$|${USER_PATTERN}`,
};

/** A user, who need not be there yet: accounts stand in another file. */
export const userReference: Form<string> = {
  schema: { type: 'string', pattern: USER_OR_EVERYBODY.pattern },
  read(node) {
    if (typeof node.value === 'string' && USER_OR_EVERYBODY.isKey(node.value)) return node.value;
    node.wrong(`${show(node.value)} is no user: ${USER_OR_EVERYBODY.rule}`);
    return undefined;
  },
};

export const roleReference: Form<string> = referenceTo('role', 'roles');
export const groupReference: Form<string> = referenceTo('group', 'groups');

function referenceTo(what: string, kind: keyof KnownNames): Form<string> {
  return {
    schema: { type: 'string', pattern: NAME_PATTERN },
    read(node) {
      const known = node.known[kind];
      if (typeof node.value === 'string' && known.has(node.value)) return node.value;
      const there = known.size > 0 ? `there are ${[...known].join(', ')}` : `there are none in \`${kind}\``;
      node.wrong(`there is no ${what} ${show(node.value)}; ${there}`);
      return undefined;
    },
  };
}
