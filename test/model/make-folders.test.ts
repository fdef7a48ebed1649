// Folders with those above them.

import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolders } from '../../src/model/make-folders.ts';
import { temporaryFolder } from '../helpers/folder.ts';

test('make folders: all that is missing is made, with its mode, and what is there is left', async (t) => {
  const here = await temporaryFolder(t);
  await makeFolders(fs, join(here, 'a/b/c'), 0o700);
  await Promise.all([1, 2, 3].map(() => makeFolders(fs, join(here, 'a/b/d/e'), 0o750)));
  for (const [path, mode] of [
    ['a', 0o700],
    ['a/b', 0o700],
    ['a/b/c', 0o700],
    ['a/b/d', 0o750],
    ['a/b/d/e', 0o750],
  ] as const) {
    t.is((await fs.stat(join(here, path))).mode & 0o777, mode);
  }
});

test('make folders: a link to a folder is one, and nothing else is', async (t) => {
  const here = await temporaryFolder(t);
  await fs.mkdir(join(here, 'folder'));
  await fs.writeFile(join(here, 'file'), '');
  await fs.symlink('folder', join(here, 'link'));
  await fs.symlink('nowhere', join(here, 'dangling'));
  await makeFolders(fs, join(here, 'link'));
  await makeFolders(fs, join(here, 'link/a'));
  t.true((await fs.stat(join(here, 'folder/a'))).isDirectory());
  await t.throwsAsync(makeFolders(fs, join(here, 'file')), { code: 'EEXIST' });
  await t.throwsAsync(makeFolders(fs, join(here, 'file/a/b')), { code: 'ENOTDIR' });
  await t.throwsAsync(makeFolders(fs, join(here, 'dangling/a')), { code: 'EEXIST' });
});
