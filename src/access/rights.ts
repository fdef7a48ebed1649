// All that the rules let one user do, compiled once. Pure: the same rules and the same user come to the same.

import type { Action } from '../model/action.ts';
import { isWithin, joinPath, namesOf, parentOf, ROOT, type VirtualPath } from '../model/path.ts';
import type { Rules, SharedFolder } from '../model/rules.ts';
import { type ActionSet, actionSet, has, NO_ACTIONS, without } from './action-set.ts';
import { folderRoles, homeRoles } from './roles-of.ts';
import { compileTree, type Tree } from './tree.ts';
import type { Decision, Verdict } from './verdict.ts';

export interface Rights {
  decide(action: Action, path: VirtualPath): Decision;
  /** The decision with its reason. */
  verdict(action: Action, path: VirtualPath): Verdict;
  /** The shared folder that a path lies in; undefined for the home. */
  folderAt(path: VirtualPath): string | undefined;
  /** Whether a thing that is moved, linked or copied so could be used in a way that it can't be used now. */
  gains(from: VirtualPath, to: VirtualPath, what: 'file' | 'directory' | 'copy'): boolean;
  /** Which names a list of this folder shows; undefined when it shows all. */
  shownIn(folder: VirtualPath): ((name: string) => boolean) | undefined;
  /** Whether there is anything that is hidden from the user. */
  readonly hidesSome: boolean;
}

/** What can be done with one file. */
const OF_ONE_FILE = actionSet([
  'list',
  'download',
  'overwrite',
  'delete_files',
  'rename_files',
  'chmod',
  'chown',
  'chtimes',
  'copy',
  'share',
]);
/** What a copy hands on: the content. What else can be done with the copy is nobody's loss. */
const OF_CONTENT = actionSet(['download']);

/** A shared folder as it stands in the tree; without a tree of its own for whom it is hidden. */
interface Mount {
  readonly folder: SharedFolder;
  readonly tree: Tree | undefined;
}

export function compileRights(rules: Rules, user: string): Rights {
  const home = compileTree(homeRoles(rules, user), user);
  const mounts = [...rules.folders.values()].map((folder): Mount => {
    const roles = folderRoles(rules, folder, user);
    return { folder, tree: roles.length > 0 ? compileTree(roles, user) : undefined };
  });
  const { everywhere } = home.paths;
  const isPlain = mounts.length === 0 && home.names === undefined && everywhere !== undefined;
  return isPlain ? rightsEverywhere(everywhere, home) : rightsIn(home, mounts);
}

/** The same rights on everything, as most users have: a decision is one look at a number. */
function rightsEverywhere(allowed: ActionSet, home: Tree): Rights {
  return {
    decide: (action) => (has(allowed, action) ? 'allow' : 'deny'),
    verdict: (action, path) => home.verdict(action, namesOf(path)),
    folderAt: () => undefined,
    gains: () => false,
    shownIn: () => undefined,
    hidesSome: false,
  };
}

function rightsIn(home: Tree, mounts: readonly Mount[]): Rights {
  const byPath = new Map(mounts.map((mount) => [mount.folder.at, mount]));
  const ways = waysTo(mounts.filter(({ tree }) => tree !== undefined));
  const mountAt = (path: VirtualPath): Mount | undefined => mounts.find(({ folder: { at } }) => isWithin(path, at));

  /** The tree that a path lies in, and its names there. */
  function find(path: VirtualPath): { mount: Mount | undefined; tree: Tree | undefined; names: readonly string[] } {
    const mount = mountAt(path);
    if (mount === undefined) return { mount, tree: home, names: namesOf(path) };
    const inner = path.slice(mount.folder.at.length);
    return { mount, tree: mount.tree, names: inner === '' ? [] : inner.slice(1).split('/') };
  }

  function verdict(action: Action, path: VirtualPath): Verdict {
    const { mount, tree, names } = find(path);
    if (tree === undefined) return { decision: 'hidden', reason: { by: 'no-grant', folder: mount?.folder.name ?? '' } };
    const own = tree.verdict(action, names);
    if (own.decision === 'allow' || action !== 'list' || mount !== undefined) return own;
    return ways.get(path) ?? own;
  }

  function allowedAt(path: VirtualPath): ActionSet {
    const { tree, names } = find(path);
    return tree?.paths.allowedAt(names) ?? NO_ACTIONS;
  }

  return {
    decide: (action, path) => verdict(action, path).decision,
    verdict,
    folderAt: (path) => mountAt(path)?.folder.name,
    gains(from, to, what) {
      if (what !== 'directory') {
        const gained = without(allowedAt(to), allowedAt(from));
        return (gained & (what === 'copy' ? OF_CONTENT : OF_ONE_FILE)) !== NO_ACTIONS;
      }
      const source = find(from);
      const target = find(to);
      // Between trees no folder can be moved; if one were, nothing would be known of what it gains.
      return source.tree !== target.tree || source.tree?.gainsBelow(source.names, target.names) !== false;
    },
    shownIn(folder) {
      const { mount, tree, names } = find(folder);
      if (mount !== undefined) return shownBy(tree);
      const holdsMounts = mounts.some(({ folder: { at } }) => parentOf(at) === folder);
      if (!holdsMounts && !ways.has(folder)) return shownBy(home);
      // Who may list a folder only because it leads somewhere sees what that is, and what may be listed by itself.
      const listsAll = home.verdict('list', names).decision === 'allow';
      return (name) => {
        const path = joinPath(folder, name);
        const inner = byPath.get(path);
        if (inner !== undefined) return inner.tree !== undefined;
        const { decision } = verdict('list', path);
        return listsAll ? decision !== 'hidden' : decision === 'allow';
      };
    },
    hidesSome:
      mounts.some(({ tree }) => tree === undefined || tree.names?.hidesSome === true) || home.names?.hidesSome === true,
  };
}

function shownBy(tree: Tree | undefined): ((name: string) => boolean) | undefined {
  const names = tree?.names;
  return names?.hidesSome === true ? (name) => !names.isHidden(name) : undefined;
}

/** The folders above those that the user may see: they may be looked at and listed. */
function waysTo(mounts: readonly Mount[]): ReadonlyMap<VirtualPath, Verdict> {
  const ways = new Map<VirtualPath, Verdict>();
  for (const { folder } of mounts) {
    const verdict: Verdict = { decision: 'allow', reason: { by: 'way', folder: folder.name } };
    for (let path = folder.at; path !== ROOT; ) {
      path = parentOf(path);
      ways.set(path, verdict);
    }
  }
  return ways;
}
