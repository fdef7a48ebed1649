// The one table of the matrix: which role may do what where. It stands here as plain lists; the rules say the same to the
// server, and the tests do not ask the policy what to expect.

import { ACTIONS, type Action } from '../../src/model/action.ts';

/** What a role allows in a folder of a tree, be that a home or a shared folder. `{user}` stands for the user's name. */
export interface Rights {
  readonly role: string;
  readonly folder: string;
  readonly allowed: readonly Action[];
}

export const EVERYTHING: readonly Action[] = [...ACTIONS];
export const allBut = (...actions: Action[]): Action[] => EVERYTHING.filter((action) => !actions.includes(action));

export const RIGHTS: readonly Rights[] = [
  { role: 'owner', folder: '/', allowed: allBut('administer') },
  { role: 'admin', folder: '/', allowed: EVERYTHING },
  { role: 'editor', folder: '/', allowed: allBut('create_symlinks', 'chmod', 'chown', 'share', 'administer') },
  { role: 'viewer', folder: '/', allowed: ['list', 'download'] },
  { role: 'dropbox', folder: '/', allowed: ['upload', 'create_dirs', 'chtimes'] },
  { role: 'nothing', folder: '/', allowed: [] },
  { role: 'mixed', folder: '/', allowed: ['list', 'download'] },
  {
    role: 'mixed',
    folder: '/in/{user}',
    allowed: ['list', 'upload', 'create_dirs', 'rename_files', 'create_symlinks', 'copy', 'delete_dirs'],
  },
  {
    role: 'mixed',
    folder: '/in/{user}/box',
    allowed: ['upload', 'overwrite', 'rename_dirs', 'delete_files', 'chmod', 'chown'],
  },
  { role: 'mixed', folder: '/in/other', allowed: ['list', 'chtimes', 'overwrite', 'rename_files', 'delete_files'] },
];

export const ROLES: readonly string[] = [...new Set(RIGHTS.map(({ role }) => role))];

/** What a role allows in the root of a tree. */
export function rightsAtRoot(role: string): readonly Action[] {
  return RIGHTS.find((rights) => rights.role === role && rights.folder === '/')?.allowed ?? [];
}

/** The roles that are not built in, as sshome.yaml has them. */
export const OWN_ROLES = `
roles:
  nothing: {}
  mixed:
    rules:
      - { path: /, allow: [list, download] }
      - { path: /in, deny: [download] }
      - { path: '/in/{user}', allow: [upload, create_dirs, rename_files, create_symlinks, copy, delete_dirs] }
      - path: '/in/*/b?x'
        allow: [overwrite, rename_dirs, delete_files, chmod, chown]
        deny: [list, create_dirs, rename_files, create_symlinks, copy, delete_dirs]
      - { path: '/in/o*', allow: [chtimes, overwrite, rename_files, delete_files] }
`;
