// The storage as somebody sees it from whom something is hidden: paths are judged as they were spelled, before they are
// walked, and how a walk failed does not tell what stands on the way. What the paths lead to is judged by the permits.

import { FileError, isFileError } from '../model/error.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Permit, Storage } from '../storage/storage.ts';
import type { Guard } from './guard.ts';

type Wrap = (permit: Permit) => Permit;

/** What an operation looks for, and what it wants to make. */
interface Paths {
  readonly find?: VirtualPath;
  readonly make?: VirtualPath;
}

/** Storage in which `guard` is asked to find every path. Who has nothing hidden pays one question for it. */
export function seekingStorage(storage: Storage, guard: Guard): Storage {
  function seek<T>(paths: Paths, act: (wrap: Wrap) => Promise<T>): Promise<T> {
    return guard.hidesSome() ? seekAmongHidden(paths, act) : act((permit) => permit);
  }

  async function seekAmongHidden<T>(paths: Paths, act: (wrap: Wrap) => Promise<T>): Promise<T> {
    if (paths.find !== undefined) guard.seek(paths.find, 'find');
    if (paths.make !== undefined) guard.seek(paths.make, 'make');
    let wasFound = false;
    try {
      return await act((permit) => (target) => {
        wasFound = true;
        permit(target);
      });
    } catch (error) {
      // A hidden file in the middle of a path, or a loop of hidden links, is as little there as anything else.
      const onTheWay = isFileError(error, 'not-a-directory') || isFileError(error, 'link-loop');
      if (!wasFound && onTheWay) throw new FileError('not-found', { path: error.path ?? '', cause: error });
      throw error;
    }
  }

  return {
    list: (path, permit) => seek({ find: path }, (wrap) => storage.list(path, wrap(permit))),
    stat: (path, followLinks, permit) => seek({ find: path }, (wrap) => storage.stat(path, followLinks, wrap(permit))),
    open: (path, options, permit) =>
      seek(options.create === true ? { make: path } : { find: path }, (wrap) =>
        storage.open(path, options, wrap(permit)),
      ),
    makeDirectory: (path, mode, permit) =>
      seek({ make: path }, (wrap) => storage.makeDirectory(path, mode, wrap(permit))),
    remove: (path, permit) => seek({ find: path }, (wrap) => storage.remove(path, wrap(permit))),
    removeDirectory: (path, permit) => seek({ find: path }, (wrap) => storage.removeDirectory(path, wrap(permit))),
    rename: (from, to, replace, permits) =>
      seek({ find: from, make: to }, (wrap) =>
        storage.rename(from, to, replace, { from: wrap(permits.from), to: wrap(permits.to) }),
      ),
    setAttributes: (path, changes, followLinks, permit) =>
      seek({ find: path }, (wrap) => storage.setAttributes(path, changes, followLinks, wrap(permit))),
    readLink: (path, permit) => seek({ find: path }, (wrap) => storage.readLink(path, wrap(permit))),
    makeLink: (path, target, permit) => seek({ make: path }, (wrap) => storage.makeLink(path, target, wrap(permit))),
    makeHardLink: (existing, path, permits) =>
      seek({ find: existing, make: path }, (wrap) =>
        storage.makeHardLink(existing, path, { existing: wrap(permits.existing), path: wrap(permits.path) }),
      ),
    realPath: (path, permit) => seek({ find: path }, (wrap) => storage.realPath(path, wrap(permit))),
    space: (path, permit) => seek({ find: path }, (wrap) => storage.space(path, wrap(permit))),
    close: () => storage.close(),
  };
}
