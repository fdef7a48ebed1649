// Every command of the shell, in the order of the help.

import type { Command } from '../command.ts';
import { cat } from './cat.ts';
import { cd } from './cd.ts';
import { md5sum, sha1sum, sha256sum } from './checksums.ts';
import { copy } from './copy.ts';
import { deleteCommand } from './delete.ts';
import { df } from './df.ts';
import { download } from './download.ts';
import { du } from './du.ts';
import { echo } from './echo.ts';
import { find } from './find.ts';
import { help } from './help.ts';
import { keys } from './keys.ts';
import { list } from './list.ts';
import { mkdir } from './mkdir.ts';
import { move } from './move.ts';
import { passwd } from './passwd.ts';
import { preview } from './preview.ts';
import { pwd } from './pwd.ts';
import { exit, quit } from './quit.ts';
import { rmdir } from './rmdir.ts';
import { sessions } from './sessions.ts';
import { stat } from './stat.ts';
import { totp } from './totp.ts';
import { tree } from './tree.ts';
import { upload } from './upload.ts';
import { whoami } from './whoami.ts';

export const COMMANDS: readonly Command[] = [
  list,
  preview,
  cat,
  deleteCommand,
  upload,
  download,
  mkdir,
  rmdir,
  move,
  copy,
  cd,
  pwd,
  stat,
  tree,
  find,
  du,
  df,
  sha256sum,
  sha1sum,
  md5sum,
  passwd,
  keys,
  totp,
  whoami,
  sessions,
  echo,
  help,
  quit,
  exit,
];
