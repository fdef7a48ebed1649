// Requests that name files by path. A path is read here, relative to the home and never out of it; an empty one is the
// home (section 6.2).

import { parsePath, ROOT } from '../../model/path.ts';
import { STATUS } from '../codec/constants.ts';
import { attributesResponse, roomResponse, spaceResponse } from '../codec/responses.ts';
import { changing, type Handler, looking } from '../context.ts';
import { StatusError } from '../status.ts';
import { changeAttributes } from './change-attributes.ts';
import { done, oneName } from './replies.ts';

export const stat: Handler<'stat'> = ({ files, times }, { id, path }) =>
  looking(async () => attributesResponse(id, await files.stat(parsePath(path)), times));

export const lstat: Handler<'lstat'> = ({ files, times }, { id, path }) =>
  looking(async () => attributesResponse(id, await files.lstat(parsePath(path)), times));

export const setstat: Handler<'setstat'> = ({ files }, { id, path, attributes }) =>
  changing(async () => {
    const target = parsePath(path);
    await changeAttributes(
      { stat: () => files.stat(target), setAttributes: (changes) => files.setAttributes(target, changes) },
      attributes,
    );
    return done(id);
  });

export const lsetstat: Handler<'lsetstat'> = ({ files }, { id, path, attributes }) =>
  changing(async () => {
    if (attributes.size !== undefined) throw new StatusError(STATUS.badMessage, 'A link has no size to set');
    const target = parsePath(path);
    await changeAttributes(
      {
        stat: () => files.lstat(target),
        setAttributes: (changes) => files.setAttributes(target, changes, { followLinks: false }),
      },
      attributes,
    );
    return done(id);
  });

export const remove: Handler<'remove'> = ({ files }, { id, path }) =>
  changing(async () => {
    await files.remove(parsePath(path));
    return done(id);
  });

export const mkdir: Handler<'mkdir'> = ({ files }, { id, path, attributes: { permissions } }) =>
  changing(async () => {
    await files.makeDirectory(parsePath(path), permissions === undefined ? {} : { mode: permissions & 0o777 });
    return done(id);
  });

export const rmdir: Handler<'rmdir'> = ({ files }, { id, path }) =>
  changing(async () => {
    await files.removeDirectory(parsePath(path));
    return done(id);
  });

export const rename: Handler<'rename'> = ({ files }, { id, from, to }) =>
  changing(async () => {
    await files.rename(parsePath(from), parsePath(to));
    return done(id);
  });

export const posixRename: Handler<'posix-rename'> = ({ files }, { id, from, to }) =>
  changing(async () => {
    await files.rename(parsePath(from), parsePath(to), { replace: true });
    return done(id);
  });

export const symlink: Handler<'symlink'> = ({ files, quirks: { sendsLinkFirst } }, { id, first, second }) =>
  changing(async () => {
    const [link, target] = sendsLinkFirst ? [first, second] : [second, first];
    await files.makeLink(parsePath(link), target);
    return done(id);
  });

export const hardlink: Handler<'hardlink'> = ({ files }, { id, existing, path }) =>
  changing(async () => {
    await files.makeHardLink(parsePath(existing), parsePath(path));
    return done(id);
  });

export const readlink: Handler<'readlink'> = ({ files }, { id, path }) =>
  looking(async () => oneName(id, await files.readLink(parsePath(path))));

export const realpath: Handler<'realpath'> = ({ files }, { id, path }) =>
  looking(async () => oneName(id, await files.realPath(parsePath(path))));

export const expandPath: Handler<'expand-path'> = ({ files, user }, { id, path }) =>
  looking(async () => oneName(id, await files.realPath(parsePath(withoutTilde(path, user)))));

export const statvfs: Handler<'statvfs'> = ({ files }, { id, path }) =>
  looking(async () => spaceResponse(id, await files.space(parsePath(path))));

export const spaceAvailable: Handler<'space-available'> = ({ files }, { id, path }) =>
  looking(async () => roomResponse(id, await files.space(parsePath(path))));

/** `~`, `~/...` and `~user/...`, where the only user whose home is known is the session's. */
function withoutTilde(path: string, user: string): string {
  const [, owner, rest = ''] = /^~([^/]*)(.*)$/s.exec(path) ?? [];
  if (owner === undefined) return path;
  if (owner !== '' && owner !== user) throw new StatusError(STATUS.noSuchFile, 'No such user');
  return `${ROOT}${rest}`;
}
