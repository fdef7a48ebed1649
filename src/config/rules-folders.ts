// The sections `groups` and `folders`: who belongs together, and what several have together.

import { isWithin, pathOf, ROOT, type VirtualPath } from '../model/path.ts';
import type { Grant, Group, SharedFolder } from '../model/rules.ts';
import { type Form, listOf, namedMap, record, scalar } from './form.ts';
import { QUOTA_FIELDS, type QuotaShape } from './rules-limits.ts';
import { GIVEN_NAME, groupReference, roleReference, userReference } from './rules-names.ts';
import { readPlainPath } from './rules-patterns.ts';

const roles = listOf(roleReference, 'roles');
const users = listOf(userReference, 'users');

const groupFields = record<{ members: string[]; roles: string[] }>('group', {
  members: { describe: 'the users in it; * is everybody', form: users },
  roles: { describe: 'roles that the members have in their homes', form: roles },
});

export const GROUPS: Form<Map<string, Group>> = namedMap(GIVEN_NAME, groupFields, (name, read) => ({
  name,
  members: read.members ?? [],
  roles: read.roles ?? [],
}));

const grantFields = record<Grant>('grant', {
  role: { describe: 'what they may do in the folder', form: roleReference, required: true },
  users: { describe: 'the users who have the role; * is everybody', form: users },
  groups: { describe: 'the groups whose members have it', form: listOf(groupReference, 'groups') },
});

const grant: Form<Grant> = {
  schema: grantFields.schema,
  read(node) {
    const read = grantFields.read(node);
    if (read === undefined) return undefined;
    const { role = '', users: to = [], groups = [] } = read;
    if (to.length + groups.length === 0) node.wrong('this is granted to nobody: name users or groups');
    return { role, users: to, groups };
  },
};

interface FolderShape extends QuotaShape {
  readonly at: VirtualPath;
  readonly grants: Grant[];
}

const folderFields = record<FolderShape>('shared folder', {
  at: {
    describe: 'where it stands in the trees of those who may see it; /shared/NAME unless told',
    form: scalar(readPlainPath),
  },
  ...QUOTA_FIELDS,
  grants: { describe: 'who has which role in it', form: listOf(grant, 'grants, each with a role and users or groups') },
});

const namedFolders = namedMap(GIVEN_NAME, folderFields, (name, read, node) => ({ folder: toFolder(name, read), node }));

export const FOLDERS: Form<Map<string, SharedFolder>> = {
  schema: namedFolders.schema,
  read(top) {
    const read = [...(namedFolders.read(top) ?? [])];
    const earlier: SharedFolder[] = [];
    for (const [, { folder, node }] of read) {
      if (folder.at === ROOT) {
        node.wrong('a shared folder stands somewhere in the home, not in its place');
        continue;
      }
      const meets = earlier.find((other) => isWithin(folder.at, other.at) || isWithin(other.at, folder.at));
      if (meets !== undefined) node.wrong(clash(folder, meets));
      const alike = earlier.find((other) => other.name.toLowerCase() === folder.name.toLowerCase());
      if (alike !== undefined) node.wrong(`the name differs from ${alike.name} in nothing but case`);
      earlier.push(folder);
    }
    return new Map(read.map(([name, { folder }]) => [name, folder]));
  },
};

function toFolder(name: string, { at, quota, files, grants = [] }: Partial<FolderShape>): SharedFolder {
  return { name, at: at ?? pathOf(['shared', name]), grants, quota: { bytes: quota, files } };
}

function clash(folder: SharedFolder, other: SharedFolder): string {
  if (folder.at === other.at) return `the shared folder ${other.name} stands at ${folder.at} already`;
  const [inner, outer] = isWithin(folder.at, other.at) ? [folder, other] : [other, folder];
  return `shared folders do not nest: ${inner.name} at ${inner.at} is within ${outer.name} at ${outer.at}`;
}
