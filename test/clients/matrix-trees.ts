// The matrix, third part: trees and the odd names in them.

import { join } from 'node:path';
import { readTree, type Tree, writeTree } from './content.ts';
import type { ClientDriver } from './driver.ts';
import type { Subject } from './matrix.ts';
import { ODD_KINDS, ODD_NAMES, type OddName } from './odd-names.ts';

/** Names that are told by path, where each client has its own way of quoting. */
const TOLD_KINDS: readonly OddName[] = [
  'space',
  'single quote',
  'double quote',
  'leading dash',
  'backslash',
  'glob',
  'dollar',
  'emoji',
  'combining marks',
  'not UTF-8',
];

export function checkTrees(subject: Subject): void {
  checkCarrying(subject);
  checkNames(subject);
}

function checkCarrying({ driver, check, bench }: Subject): void {
  const tree = treeFor(driver);

  check('uploads a tree with odd names', async (t) => {
    const { session, local, remote, disk } = await bench(t);
    if (session.uploadTree === undefined) return 'the client carries single files';
    await writeTree(join(local, 'tree'), tree);
    await session.uploadTree(join(local, 'tree'), `${remote}/tree`);
    t.deepEqual(await readTree(join(disk, 'tree')), await readTree(join(local, 'tree')));
    return undefined;
  });

  check('downloads a tree with odd names', async (t) => {
    const { session, local, remote, disk } = await bench(t);
    if (session.downloadTree === undefined) return 'the client carries single files';
    await writeTree(join(disk, 'tree'), tree);
    await session.downloadTree(`${remote}/tree`, join(local, 'tree'));
    t.deepEqual(await readTree(join(local, 'tree')), await readTree(join(disk, 'tree')));
    return undefined;
  });

  check('deletes a tree with odd names', async (t) => {
    const { session, remote, disk } = await bench(t);
    if (session.deleteTree === undefined) return 'the client deletes single files';
    await writeTree(disk, { 'kept/file': 'kept' });
    await writeTree(join(disk, 'tree'), tree);
    await session.deleteTree(`${remote}/tree`);
    t.deepEqual(await readTree(disk), { 'kept/file': 'kept' });
    return undefined;
  });
}

function checkNames({ driver, check, bench }: Subject): void {
  check('lists odd names as they are', async (t) => {
    const { session, remote, disk } = await bench(t);
    const names = ODD_KINDS.filter((kind) => !(kind in { ...driver.unableNames, ...driver.unableLists })).map(
      (kind) => ODD_NAMES[kind],
    );
    await writeTree(disk, Object.fromEntries(names.map((name) => [name, ''])));
    t.deepEqual((await session.list(remote)).sort(), names.sort());
  });

  check('uploads, downloads and deletes by odd names', async (t) => {
    const { session, local, remote, disk } = await bench(t);
    const kinds = TOLD_KINDS.filter((kind) => !(kind in { ...driver.unableNames, ...driver.unablePaths }));
    for (const kind of kinds) {
      const name = ODD_NAMES[kind];
      await writeTree(join(local, 'out'), { [name]: kind });
      await session.upload(`${local}/out/${name}`, `${remote}/${name}`);
      t.deepEqual(await readTree(disk), { [name]: kind }, kind);
      await writeTree(disk, { [name]: `back: ${kind}` });
      await session.download(`${remote}/${name}`, `${local}/${name}`);
      t.is((await readTree(local))[name], `back: ${kind}`, kind);
      await session.delete(`${remote}/${name}`);
      t.deepEqual(await readTree(disk), {}, kind);
    }
  });

  for (const [kind, reason] of Object.entries(driver.unableNames ?? {})) {
    check(`carries a name with ${kind}`, async () => reason);
  }
  for (const [kind, reason] of Object.entries(driver.unableLists ?? {})) {
    check(`lists a name with ${kind}`, async () => reason);
  }
  for (const [kind, reason] of Object.entries(driver.unablePaths ?? {})) {
    check(`takes a name with ${kind} as an argument`, async () => reason);
  }
}

function treeFor(driver: ClientDriver): Tree {
  const kinds = ODD_KINDS.filter((kind) => !(kind in (driver.unableNames ?? {})));
  return {
    ...Object.fromEntries(kinds.map((kind) => [`odd/${ODD_NAMES[kind]}`, kind])),
    'zero bytes': '',
    'deep/er/and/deeper still/file': 'at the end'.repeat(7000),
    ...(driver.keepsEmptyFolders === false ? {} : { 'empty folder/': '' }),
  };
}
