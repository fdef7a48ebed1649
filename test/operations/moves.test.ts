// Nothing gets more rights by a new name: renames, hard links and copies of what a rule protects, and of folders with such
// things in them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { snapshot } from '../storage/snapshot.ts';
import { aliceMay, openRuledHome, read } from './homes.ts';

const RULES = aliceMay(`
  { path: /, allow: [all] },
  { path: /a/secret, deny: [download] },
  { path: /fixed, deny: [overwrite, delete_files] },
  { path: /blind, deny: [download] }`);

const FILES = ['a/secret/x', 'a/x', 'b/x', 'fixed/x', 'blind/x', 'blind/in/x', 'empty/'];

interface Move {
  readonly title: string;
  readonly run: (files: Files) => Promise<unknown>;
}

const REFUSED: readonly Move[] = [
  { title: 'a folder that holds something denied', run: (files) => files.rename(at('/a'), at('/c')) },
  {
    title: 'the same, in the place of another',
    run: (files) => files.rename(at('/a'), at('/empty'), { replace: true }),
  },
  { title: 'the folder that is denied', run: (files) => files.rename(at('/a/secret'), at('/a/open')) },
  { title: 'a folder in it', run: (files) => files.rename(at('/blind/in'), at('/in')) },
  { title: 'a file that may not be read', run: (files) => files.rename(at('/blind/x'), at('/y')) },
  { title: 'a file that may not be deleted', run: (files) => files.rename(at('/fixed/x'), at('/y')) },
  { title: 'a hard link to what may not be read', run: (files) => files.makeHardLink(at('/blind/x'), at('/y')) },
  { title: 'a hard link to what may not be changed', run: (files) => files.makeHardLink(at('/fixed/x'), at('/y')) },
  { title: 'a copy of what may not be read', run: (files) => files.copy(at('/blind/x'), at('/y')) },
  { title: 'a copy over something', run: (files) => files.copy(at('/blind/x'), at('/b/x'), { replace: true }) },
];

for (const { title, run } of REFUSED) {
  test(`moves: refused: ${title}`, async (t) => {
    const { files, folder } = await openRuledHome(t, RULES, FILES);
    const before = await snapshot(folder);
    const error = await t.throwsAsync(run(files));
    t.true(isFileError(error, 'permission-denied'), String(error));
    t.regex(error.message, /more could be done with it there than where it is/);
    t.deepEqual(await snapshot(folder), before);
  });
}

const ALLOWED: readonly Move[] = [
  { title: 'a folder without such a thing', run: (files) => files.rename(at('/b'), at('/c')) },
  { title: 'a folder beside it', run: (files) => files.rename(at('/b'), at('/a/b')) },
  { title: 'a file to where less is allowed', run: (files) => files.rename(at('/b/x'), at('/fixed/y')) },
  { title: 'within where something is denied', run: (files) => files.rename(at('/blind/x'), at('/blind/y')) },
  { title: 'a hard link to where less is allowed', run: (files) => files.makeHardLink(at('/b/x'), at('/fixed/y')) },
  { title: 'a copy of what may be read but not changed', run: (files) => files.copy(at('/fixed/x'), at('/y')) },
  { title: 'a copy within what may not be read', run: (files) => files.copy(at('/blind/x'), at('/blind/y')) },
];

for (const { title, run } of ALLOWED) {
  test(`moves: allowed: ${title}`, async (t) => {
    const { files } = await openRuledHome(t, RULES, FILES);
    await t.notThrowsAsync(run(files));
  });
}

test('moves: between trees they are refused as between file systems, so that clients copy', async (t) => {
  const rules = 'folders: { f: { grants: [{ role: owner, users: [alice] }] } }';
  const { files, folder } = await openRuledHome(t, rules, ['x', 'shared/f/y', 'folder/']);
  for (const attempt of [
    files.rename(at('/x'), at('/shared/f/x')),
    files.rename(at('/shared/f/y'), at('/y')),
    files.rename(at('/folder'), at('/shared/f/folder')),
    files.makeHardLink(at('/x'), at('/shared/f/x')),
  ]) {
    const error = await t.throwsAsync(attempt);
    t.true(isFileError(error, 'cross-device'), String(error));
  }
  await files.copy(at('/x'), at('/shared/f/x'));
  t.is(await readFile(join(folder, 'shared/f/x'), 'utf8'), 'x');
});

test('moves: a link to what is denied is as denied', async (t) => {
  const { files } = await openRuledHome(t, RULES, FILES);
  await files.makeLink(at('/link'), 'blind/x');
  await t.throwsAsync(read(files, '/link'), { message: 'Permission denied' });
  await files.makeLink(at('/folder'), 'a');
  await t.throwsAsync(read(files, '/folder/secret/x'), { message: 'Permission denied' });
  t.is(await read(files, '/folder/x'), 'a/x');
});
