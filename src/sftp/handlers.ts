// The table of requests: which function serves which. Reading it tells all that this server does over SFTP; whether a
// request looks or changes, and what it must wait for, stands with its handler.

import type { Request, RequestKind } from './codec/requests.ts';
import type { Context, Handler, Work } from './context.ts';
import { homeDirectory, limits, usersGroupsById, vendorId } from './handlers/about-server.ts';
import { checkFile } from './handlers/check-file.ts';
import { copyData } from './handlers/copy-data.ts';
import { opendir, readdir } from './handlers/directories.ts';
import { cancel, close, fsetstat, fstat, fstatvfs, fsync, open, read, write } from './handlers/open-files.ts';
import {
  expandPath,
  hardlink,
  lsetstat,
  lstat,
  mkdir,
  posixRename,
  readlink,
  realpath,
  remove,
  rename,
  rmdir,
  setstat,
  spaceAvailable,
  stat,
  statvfs,
  symlink,
} from './handlers/paths.ts';

const HANDLERS: { readonly [K in RequestKind]: Handler<K> } = {
  open,
  close,
  read,
  write,
  lstat,
  fstat,
  setstat,
  fsetstat,
  opendir,
  readdir,
  remove,
  mkdir,
  rmdir,
  realpath,
  stat,
  rename,
  readlink,
  symlink,
  'posix-rename': posixRename,
  statvfs,
  fstatvfs,
  hardlink,
  fsync,
  lsetstat,
  limits,
  'expand-path': expandPath,
  'copy-data': copyData,
  'home-directory': homeDirectory,
  'users-groups-by-id': usersGroupsById,
  cancel,
  'check-file': checkFile,
  'space-available': spaceAvailable,
  'vendor-id': vendorId,
};

/** The first half of serving a request: see `Handler`. */
export function begin<K extends RequestKind>(context: Context, request: Request<K>): Work {
  return HANDLERS[request.kind as K](context, request);
}
