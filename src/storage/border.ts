// Where one tree of a session ends and another begins. A tree is a home, or a shared folder that is mounted in it. Each is
// walked on its own, with its root as "/"; of the others it knows only at which paths they may begin.

import { ROOT, type VirtualPath } from '../model/path.ts';

/** How a tree stands among those of its session. */
export interface Standing {
  /** The virtual path of its root. */
  readonly at: VirtualPath;
  /** How many names the longest path has at which another tree is mounted; 0 when none is. */
  readonly borderDepth: number;
  /** Whether another tree is mounted at `path`, or somewhere below it. */
  isBorder(path: VirtualPath): boolean;
}

/** Why nothing is renamed from one tree to another, in words for the user. */
export const BETWEEN_TREES = 'between the home and a shared folder files are copied, not renamed';

/** A home that is all there is. */
export const ALONE: Standing = { at: ROOT, borderDepth: 0, isBorder: () => false };

/** A link has led to where another tree may begin. For storage/mounted.ts, which asks that one; nobody else sees it. */
export class Crossing extends Error {
  override readonly name = 'Crossing';
  /** What the tree was asked for. */
  readonly asked: VirtualPath;
  /** What is to be asked for instead. */
  readonly to: VirtualPath;

  constructor({ asked, to }: { asked: VirtualPath; to: VirtualPath }) {
    super('a link leads into another tree');
    this.asked = asked;
    this.to = to;
  }
}
