// What somebody can do, as the smallest list that people draw lines between (the verbs of SFTPGo, which years of
// administrators have asked for), and the two that are not about one file.

export const ACTIONS = [
  'list',
  'download',
  'upload',
  'overwrite',
  'delete_files',
  'delete_dirs',
  'rename_files',
  'rename_dirs',
  'create_dirs',
  'create_symlinks',
  'chmod',
  'chown',
  'chtimes',
  'copy',
  /** To let others have what lies at a path. There is no way yet to do that. */
  'share',
  /** To manage users, sessions and rules; asked of the home, "/". */
  'administer',
] as const;

export type Action = (typeof ACTIONS)[number];

/** Actions that can be given already, and that nothing asks for. */
export const NOT_ASKED_FOR: readonly Action[] = ['share'];
