// The rules of the file, all sections of it. Makes no decision: that is access/.

import { BUILT_IN_ROLES, DEFAULT_RULES } from '../model/default-rules.ts';
import type { Rules } from '../model/rules.ts';
import { type FileNode, isMap, type KnownNames } from './file-node.ts';
import { type Form, orNone, record, scalar } from './form.ts';
import { FOLDERS, GROUPS } from './rules-folders.ts';
import { ROLES } from './rules-roles.ts';
import { USERS } from './rules-users.ts';
import { readDurationMs, readInteger, readOptionalText } from './setting.ts';

/** Longer than any password is; see accounts/. */
const MAX_MIN_LENGTH = 256;

interface PasswordShape {
  readonly 'min-length': number;
  readonly 'breached-list': string;
  readonly 'max-age': number | undefined;
}

const PASSWORDS: Form<Partial<PasswordShape>> = record<PasswordShape>('section on passwords', {
  'min-length': {
    describe: `characters that a new password has at least; ${DEFAULT_RULES.passwords.minLength} unless told`,
    form: scalar(readInteger(1, MAX_MIN_LENGTH)),
  },
  'breached-list': { describe: 'a file of passwords that everybody knows, one a line', form: scalar(readOptionalText) },
  'max-age': { describe: 'how long a password may be kept, as 90d', form: orNone(scalar(readDurationMs)) },
});

type Section = 'roles' | 'groups' | 'folders' | 'users' | 'passwords';

/** Every section, with what it says. */
export const SECTIONS: Readonly<Record<Section, { readonly describe: string; readonly form: Form<unknown> }>> = {
  roles: { describe: 'named lists of what may be done where', form: ROLES },
  groups: { describe: 'users who belong together', form: GROUPS },
  folders: { describe: 'folders that stand in the trees of several users', form: FOLDERS },
  users: { describe: 'what holds for single users; * is everybody else', form: USERS },
  passwords: { describe: 'rules for passwords', form: PASSWORDS },
};

export const RULES_SECTIONS: readonly string[] = Object.keys(SECTIONS);

export function isRulesSection(name: string): name is Section {
  return Object.hasOwn(SECTIONS, name);
}

/** The names that sections of `content` give, whatever is wrong with the rest of them. */
export function knownNames(content: Readonly<Record<string, unknown>>): KnownNames {
  const named = (section: Section): string[] => {
    const value = content[section];
    return isMap(value) ? Object.keys(value) : [];
  };
  return { roles: new Set([...BUILT_IN_ROLES.keys(), ...named('roles')]), groups: new Set(named('groups')) };
}

/** The rules in the file `top`. After a mistake, which was noted, what comes back is not to be used. */
export function readRules(top: FileNode): Rules {
  const nodes = new Map(top.entries().map((node) => [node.key, node]));
  function read<Value>(section: Section, form: Form<Value>): Value | undefined {
    const node = nodes.get(section);
    return node === undefined ? undefined : form.read(node);
  }
  const passwords = read('passwords', PASSWORDS) ?? {};
  return {
    roles: new Map([...(read('roles', ROLES) ?? []), ...BUILT_IN_ROLES]),
    groups: read('groups', GROUPS) ?? new Map(),
    folders: read('folders', FOLDERS) ?? new Map(),
    users: read('users', USERS) ?? new Map(),
    passwords: {
      minLength: passwords['min-length'] ?? DEFAULT_RULES.passwords.minLength,
      breachedFile: passwords['breached-list'] ?? DEFAULT_RULES.passwords.breachedFile,
      maxAgeMs: passwords['max-age'],
    },
  };
}
