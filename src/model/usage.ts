// How much is in a tree: the words that quotas are counted, kept and told in.

import type { Quota } from './rules.ts';

/** What has one account: the home of a user, or a shared folder, by name. */
export type Tree = `home:${string}` | `folder:${string}`;

/** As people know it: `user alice`, `shared folder design`. */
export function treeName(tree: Tree): string {
  const name = tree.slice(tree.indexOf(':') + 1);
  return tree.startsWith('home:') ? `user ${name}` : `shared folder ${name}`;
}

/** What is in a tree. docs/quotas.md says what counts. */
export interface Usage {
  /** The sizes of all files. */
  readonly bytes: number;
  /** Files, folders, links and whatever else has a name. */
  readonly files: number;
}

/** What is in a tree, and what may be. */
export interface TreeUsage {
  readonly tree: Tree;
  /** Undefined: nobody has counted it yet. */
  readonly used: Usage | undefined;
  readonly quota: Quota;
}
