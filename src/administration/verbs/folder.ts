// The verbs on shared folders.

import { AdministrationError, type VerbOperand } from '../../model/administration.ts';
import type { Rules, SharedFolder } from '../../model/rules.ts';
import { keyValueChanges, keyValueOperand, keyValuesShown } from '../key-values.ts';
import { requireUsers } from '../require-users.ts';
import { entryOf, type GrantEntry, grantsOf, requireEntry, requireNew } from '../rules-content.ts';
import type { RulesChange } from '../rules-editor.ts';
import { GRANTEE_KINDS, type Grantee, withoutGrants } from '../rules-of-users.ts';
import { defineVerb, details, said, table, type Verb } from '../verb.ts';

const FOLDER: VerbOperand = { name: 'FOLDER', count: 'one', summary: 'Name of the shared folder' };
const WHO: VerbOperand = {
  name: 'WHO',
  count: 'some',
  summary: 'Names of users, * for everybody; group:NAME for a group',
};
const GROUP_MARK = 'group:';

const list = defineVerb({
  name: 'folder list',
  summary: 'List the shared folders',
  changes: false,
  run: async ({ rules }) => {
    const now = await rules.read();
    const folders = [...now.rules.folders.values()].map(({ name, at }) => {
      const grants = grantsOf(entryOf(now.content, 'folders', name) ?? {});
      return { folder: name, at, grants };
    });
    return table(
      folders,
      ({ folder, at, grants }) => [folder, `at ${at}`, grants.map(grantShown).join('; ') || 'granted to nobody'],
      'there is no shared folder',
    );
  },
});

const show = defineVerb({
  name: 'folder show',
  summary: 'Show where a shared folder stands, its quota, and who has which role in it',
  operands: [FOLDER],
  changes: false,
  run: async ({ rules, operands: [folder = ''] }) => {
    const now = await rules.read();
    const entry = requireEntry(now.content, 'folders', folder);
    const { at, quota } = requireFolder(now.rules, folder);
    return details({ folder, at, quota, grants: grantsOf(entry) }, [
      ['folder', folder],
      ['at', at],
      ['quota', quota.bytes === undefined ? undefined : `${quota.bytes} bytes`],
      ['files', quota.files === undefined ? undefined : String(quota.files)],
      ...grantsOf(entry).map((grant): [string, string] => ['grant', grantShown(grant)]),
    ]);
  },
});

const add = defineVerb({
  name: 'folder add',
  summary: 'Make a shared folder; it is granted to nobody yet',
  operands: [FOLDER, keyValueOperand('folders', 'any')],
  changes: true,
  run: async ({ rules, operands: [folder = '', ...words] }) => {
    await rules.edit((now) => {
      requireNew(now.content, 'folders', folder);
      return [{ path: ['folders', folder, 'grants'], value: [] }, ...keyValueChanges(now, ['folders', folder], words)];
    });
    const { at } = requireFolder((await rules.read()).rules, folder);
    return said(`the shared folder ${folder} is there now, at ${at}; grant it with: folder grant ${folder} ROLE USER`, {
      folder,
      at,
    });
  },
});

const remove = defineVerb({
  name: 'folder remove',
  summary: "Take a shared folder out of everybody's tree; its files stay on the disk",
  operands: [FOLDER],
  changes: true,
  run: async ({ rules, operands: [folder = ''] }) => {
    await rules.edit(({ content }) => {
      requireEntry(content, 'folders', folder);
      return [{ path: ['folders', folder], value: undefined }];
    });
    return said(`the shared folder ${folder} is gone from all trees. Its files are still on the disk.`, { folder });
  },
});

const grant = defineVerb({
  name: 'folder grant',
  summary: 'Give users or groups a role in a shared folder',
  operands: [FOLDER, { name: 'ROLE', count: 'one', summary: 'Name of the role' }, WHO],
  changes: true,
  run: async ({ accounts, rules, operands: [folder = '', role = '', ...who] }) => {
    const grantees = who.map(granteeOf);
    await requireUsers(
      accounts,
      grantees.filter(({ kind }) => kind === 'users').map(({ name }) => name),
    );
    await rules.edit(({ content }) => granting(requireEntry(content, 'folders', folder), { folder, role, grantees }));
    return said(`${who.join(', ')} ${who.length === 1 ? 'has' : 'have'} the role ${role} in ${folder} now.`, {
      folder,
      role,
      who,
    });
  },
});

const revoke = defineVerb({
  name: 'folder revoke',
  summary: 'Take the roles of users or groups in a shared folder away',
  operands: [FOLDER, WHO],
  changes: true,
  run: async ({ rules, operands: [folder = '', ...who] }) => {
    await rules.edit((now) => {
      const grants = grantsOf(requireEntry(now.content, 'folders', folder));
      const grantees = who.map(granteeOf);
      const missing = grantees.findIndex(({ kind, name }) => !grants.some((one) => one[kind].includes(name)));
      if (missing >= 0) throw new AdministrationError(`${who[missing]} has no role in ${folder} by that name`);
      return withoutGrants(now, grantees, folder);
    });
    return said(`${who.join(', ')} ${who.length === 1 ? 'has' : 'have'} no role in ${folder} any more.`, {
      folder,
      who,
    });
  },
});

const set = defineVerb({
  name: 'folder set',
  summary: 'Set where a shared folder stands, and its quota',
  operands: [FOLDER, keyValueOperand('folders', 'some')],
  changes: true,
  run: async ({ rules, operands: [folder = '', ...words] }) => {
    await rules.edit((now) => {
      requireEntry(now.content, 'folders', folder);
      return keyValueChanges(now, ['folders', folder], words);
    });
    const { grants: _, ...entry } = entryOf((await rules.read()).content, 'folders', folder) ?? {};
    return said(`the shared folder ${folder}: ${keyValuesShown(entry) || 'as if nothing was said of it'}`, {
      folder,
      ...entry,
    });
  },
});

export const FOLDER_VERBS: readonly Verb[] = [list, show, add, remove, grant, revoke, set];

function granteeOf(word: string): Grantee {
  return word.startsWith(GROUP_MARK)
    ? { kind: 'groups', name: word.slice(GROUP_MARK.length) }
    : { kind: 'users', name: word };
}

/** Adds to the grant of this role; there may be none yet. */
function granting(
  entry: Readonly<Record<string, unknown>>,
  { folder, role, grantees }: { readonly folder: string; readonly role: string; readonly grantees: readonly Grantee[] },
): RulesChange[] {
  const named = (kind: Grantee['kind']): string[] =>
    grantees.filter((one) => one.kind === kind).map(({ name }) => name);
  const written: unknown = entry['grants'];
  const index = grantsOf(entry).findIndex((one) => one.role === role);
  const there = grantsOf(entry)[index];
  if (there === undefined) {
    const added = { role, ...only('users', named('users')), ...only('groups', named('groups')) };
    return [{ path: ['folders', folder, 'grants'], value: [...(Array.isArray(written) ? written : []), added] }];
  }
  return GRANTEE_KINDS.flatMap((kind): RulesChange[] => {
    const all = [...new Set([...there[kind], ...named(kind)])];
    const path = ['folders', folder, 'grants', index, kind];
    return all.length === there[kind].length ? [] : [{ path, value: all }];
  });
}

function only(key: string, names: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return names.length === 0 ? {} : { [key]: names };
}

function grantShown({ role, users, groups }: GrantEntry): string {
  return `${role}: ${[...users, ...groups.map((group) => GROUP_MARK + group)].join(', ')}`;
}

function requireFolder({ folders }: Rules, name: string): SharedFolder {
  const folder = folders.get(name);
  if (folder === undefined) throw new AdministrationError(`there is no shared folder ${JSON.stringify(name)}`);
  return folder;
}
