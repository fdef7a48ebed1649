// What somebody can do with files, as the smallest list that people draw lines between (the verbs of SFTPGo, which
// years of administrators have asked for).

export type Action =
  | 'list'
  | 'download'
  | 'upload'
  | 'overwrite'
  | 'delete_files'
  | 'delete_dirs'
  | 'rename_files'
  | 'rename_dirs'
  | 'create_dirs'
  | 'create_symlinks'
  | 'chmod'
  | 'chown'
  | 'chtimes'
  | 'copy';
