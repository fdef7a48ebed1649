// The verbs on quotas: what is taken up, as the running server counts it.

import { AdministrationError, type VerbOperand } from '../../model/administration.ts';
import { humanSize } from '../../model/human-size.ts';
import { type Tree, type TreeUsage, treeName } from '../../model/usage.ts';
import { counted, defineVerb, table, type Verb } from '../verb.ts';

const FOLDER_MARK = 'folder:';
const HOME_MARK = 'home:';
const NAMES: VerbOperand = {
  name: 'NAME',
  count: 'any',
  summary: 'Names of users, folder:NAME for a shared folder; all that have a quota unless told',
};

const show = defineVerb({
  name: 'quota show',
  summary: 'Show what is used of the quotas',
  operands: [NAMES],
  changes: false,
  run: async ({ live, operands }) => {
    const all = await live.quotas.show();
    const named = operands.map(treeOf);
    const missing = named.find((tree) => !all.some((usage) => usage.tree === tree));
    if (missing !== undefined) throw new AdministrationError(`the ${treeName(missing)} has no quota`);
    const shown = all.filter(({ tree }) => named.length === 0 || named.includes(tree));
    return table(shown.map(asRow), cellsOf, 'nobody has a quota');
  },
});

const scan = defineVerb({
  name: 'quota scan',
  summary: 'Count anew what lies on the disk, while people work there',
  operands: [NAMES],
  changes: true,
  run: async ({ live, operands }) => {
    const trees = operands.length > 0 ? operands.map(treeOf) : (await live.quotas.show()).map(({ tree }) => tree);
    const scanned: Row[] = [];
    for (const tree of trees) scanned.push({ name: nameOf(tree), ...(await live.quotas.scan(tree)) });
    return table(scanned, cellsOf, 'nobody has a quota');
  },
});

export const QUOTA_VERBS: readonly Verb[] = [show, scan];

interface Row {
  readonly name: string;
  /** Undefined: not counted yet. */
  readonly bytes?: number;
  readonly files?: number;
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

function asRow({ tree, used, quota }: TreeUsage): Row {
  return {
    name: nameOf(tree),
    ...used,
    ...(quota.bytes === undefined ? {} : { maxBytes: quota.bytes }),
    ...(quota.files === undefined ? {} : { maxFiles: quota.files }),
  };
}

function cellsOf({ name, bytes, files, maxBytes, maxFiles }: Row): string[] {
  const size = bytes === undefined ? 'not counted yet' : humanSize(bytes);
  return [
    name,
    `${size}${maxBytes === undefined ? '' : ` of ${humanSize(maxBytes)}`}`,
    maxFiles === undefined ? counted(files ?? 0, 'file') : `${files ?? '?'} of ${maxFiles} files`,
  ];
}

function treeOf(name: string): Tree {
  return name.startsWith(FOLDER_MARK) ? `folder:${name.slice(FOLDER_MARK.length)}` : `home:${name}`;
}

function nameOf(tree: Tree): string {
  return tree.startsWith(HOME_MARK) ? tree.slice(HOME_MARK.length) : tree;
}
