// Files seen from a folder of theirs as if it were the home, so that the contract can be run on what is in it.

import type { Directory, Files, OpenFile } from '../../src/model/files.ts';
import { namesOf, pathOf, ROOT, type VirtualPath } from '../../src/model/path.ts';

export function rebased(files: Files, base: VirtualPath): Files {
  const below = (path: VirtualPath): VirtualPath =>
    path === ROOT ? base : pathOf([...namesOf(base), ...namesOf(path)]);
  const above = (path: VirtualPath): VirtualPath => (path === base ? ROOT : (path.slice(base.length) as VirtualPath));
  const openedAbove = <Opened extends Directory | OpenFile>(opened: Opened): Opened =>
    new Proxy(opened, {
      get: (target, name) => {
        if (name === 'path') return above(target.path);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  return {
    list: async (path) => openedAbove(await files.list(below(path))),
    stat: (path) => files.stat(below(path)),
    lstat: (path) => files.lstat(below(path)),
    open: async (path, options) => openedAbove(await files.open(below(path), options)),
    makeDirectory: (path, options) => files.makeDirectory(below(path), options),
    remove: (path) => files.remove(below(path)),
    removeDirectory: (path) => files.removeDirectory(below(path)),
    rename: (from, to, options) => files.rename(below(from), below(to), options),
    copy: (from, to, options) => files.copy(below(from), below(to), options),
    setAttributes: (path, changes, options) => files.setAttributes(below(path), changes, options),
    readLink: (path) => files.readLink(below(path)),
    makeLink: (path, target) => files.makeLink(below(path), target),
    makeHardLink: (existing, path) => files.makeHardLink(below(existing), below(path)),
    realPath: async (path) => above(await files.realPath(below(path))),
    space: (path) => files.space(below(path)),
  };
}

/** The same files, with one name left out of the list of the home. */
export function withoutName(files: Files, name: string): Files {
  return {
    ...files,
    list: async (path) => {
      const directory = await files.list(path);
      if (directory.path !== ROOT) return directory;
      return {
        path: directory.path,
        read: async (limit) => {
          for (;;) {
            const entries = await directory.read(limit);
            const others = entries.filter((entry) => entry.name !== name);
            if (others.length > 0 || entries.length === 0) return others;
          }
        },
        stat: () => directory.stat(),
        close: () => directory.close(),
      };
    },
  };
}
