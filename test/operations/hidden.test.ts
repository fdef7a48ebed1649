// What is hidden is not there, whatever is tried: every operation gives the same answer as if nothing stood in its place.

import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isFileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { snapshot } from '../storage/snapshot.ts';
import { aliceMay, names, openRuledHome, type RuledHome, read, write } from './homes.ts';

const RULES = aliceMay('{ path: /, allow: [all] }', '{ hidden: [.git, "*.secret"] }');

/** `kind` is what stands at the hidden name `/a.secret`; the same is tried where nothing does. */
async function openHidden(t: ExecutionContext, kind: 'file' | 'folder' | 'link' | 'nothing'): Promise<RuledHome> {
  const home = await openRuledHome(t, RULES, ['seen', 'folder/x', 'other/']);
  const place = join(home.folder, 'a.secret');
  if (kind === 'file') await writeFile(place, 'secret');
  if (kind === 'folder') {
    await mkdir(place);
    await writeFile(join(place, 'x'), 'secret');
  }
  if (kind === 'link') await symlink('seen', place);
  await symlink('a.secret', join(home.folder, 'to-hidden'));
  await symlink('a.secret/x', join(home.folder, 'through-hidden'));
  return home;
}

interface Attempt {
  readonly title: string;
  readonly run: (files: Files) => Promise<unknown>;
  readonly code: 'not-found' | 'permission-denied';
}

const finding = (title: string, run: Attempt['run']): Attempt => ({ title, run, code: 'not-found' });
const making = (title: string, run: Attempt['run']): Attempt => ({ title, run, code: 'permission-denied' });

const HIDDEN = at('/a.secret');
const ATTEMPTS: readonly Attempt[] = [
  finding('list', (files) => files.list(HIDDEN)),
  finding('stat', (files) => files.stat(HIDDEN)),
  finding('lstat', (files) => files.lstat(HIDDEN)),
  finding('readLink', (files) => files.readLink(HIDDEN)),
  finding('realPath', (files) => files.realPath(HIDDEN)),
  finding('space', (files) => files.space(HIDDEN)),
  finding('download', (files) => read(files, '/a.secret')),
  finding('download of what lies in it', (files) => read(files, '/a.secret/x')),
  finding('stat of what lies far in it', (files) => files.stat(at('/a.secret/x/y/z'))),
  finding('stat through a link', (files) => files.stat(at('/to-hidden'))),
  finding('download through a link', (files) => read(files, '/to-hidden')),
  finding('stat through a link that leads into it', (files) => files.stat(at('/through-hidden'))),
  finding('stat behind a link', (files) => files.stat(at('/to-hidden/x/y'))),
  finding('writing without making', (files) => files.open(HIDDEN, { write: true })),
  finding('remove', (files) => files.remove(HIDDEN)),
  finding('removeDirectory', (files) => files.removeDirectory(HIDDEN)),
  finding('setAttributes', (files) => files.setAttributes(HIDDEN, { mode: 0o600 })),
  finding('rename', (files) => files.rename(HIDDEN, at('/new'))),
  finding('copy', (files) => files.copy(HIDDEN, at('/new'))),
  finding('makeHardLink of it', (files) => files.makeHardLink(HIDDEN, at('/new'))),
  making('upload', (files) => write(files, '/a.secret')),
  making('upload into it', (files) => write(files, '/a.secret/new')),
  making('exclusive upload', (files) => files.open(HIDDEN, { write: true, create: true, exclusive: true })),
  making('upload through a link', (files) => write(files, '/to-hidden')),
  making('makeDirectory', (files) => files.makeDirectory(HIDDEN)),
  making('makeDirectory in it', (files) => files.makeDirectory(at('/a.secret/new'))),
  making('makeLink', (files) => files.makeLink(HIDDEN, 'seen')),
  making('makeHardLink', (files) => files.makeHardLink(at('/seen'), HIDDEN)),
  making('rename to it', (files) => files.rename(at('/seen'), HIDDEN)),
  making('rename over it', (files) => files.rename(at('/seen'), HIDDEN, { replace: true })),
  making('copy to it', (files) => files.copy(at('/seen'), HIDDEN, { replace: true })),
];

for (const kind of ['file', 'folder', 'link', 'nothing'] as const) {
  test(`hidden: ${kind}: every operation answers as if nothing were there, and changes nothing`, async (t) => {
    const home = await openHidden(t, kind);
    const before = await snapshot(home.folder);
    // Where a link goes on through a hidden link to what is not hidden, that is what it leads to, and no secret.
    const attempts = kind === 'link' ? ATTEMPTS.filter(({ title }) => !title.includes('a link')) : ATTEMPTS;
    for (const { title, run, code } of attempts) {
      const error = await t.throwsAsync(run(home.files), undefined, title);
      t.true(isFileError(error, code), `${title}: ${error}`);
    }
    t.deepEqual(await snapshot(home.folder), before);
  });
}

test('hidden: lists leave it out, however many there are, and end where the folder ends', async (t) => {
  const hidden = Array.from({ length: 50 }, (_, index) => `${index}.secret`);
  const { files, folder } = await openRuledHome(t, RULES, ['.git/x', 'folder/.GIT/x', ...hidden, 'a', 'b']);
  for (const batch of [1, 7, 100]) t.deepEqual(await names(files, '/', batch), ['a', 'b', 'folder']);
  t.deepEqual(await names(files, '/folder'), []);
  await rm(join(folder, 'a'));
  await rm(join(folder, 'b'));
  t.deepEqual(await names(files, '/', 1), ['folder']);
});

test('hidden: a rule that begins to hide counts for a folder that is being read', async (t) => {
  const { files, change } = await openRuledHome(t, aliceMay('{ path: /, allow: [all] }'), ['.git/x', 'a']);
  const directory = await files.list(at('/'));
  t.is(change(RULES), 0);
  t.deepEqual(
    (await directory.read(100)).map(({ name }) => name),
    ['a'],
  );
  await directory.close();
});

test('hidden: a shared folder that is granted to others is hidden in the same way', async (t) => {
  const rules = 'folders: { f: { grants: [{ role: admin, users: [bob] }] } }';
  const { files, folder } = await openRuledHome(t, rules, ['shared/f/x', 'shared/g/x']);
  t.deepEqual(await names(files, '/shared'), ['g']);
  await t.throwsAsync(read(files, '/shared/f/x'), { message: 'No such file or directory' });
  await t.throwsAsync(write(files, '/shared/f/x'), { message: 'Permission denied' });
  t.is(await readFile(join(folder, 'shared/f/x'), 'utf8'), 'shared/f/x');
});

test('hidden: denied names are listed and looked at, and nothing else', async (t) => {
  const rules = aliceMay('{ path: /, allow: [all] }', '{ denied: ["*.exe"] }');
  const { files } = await openRuledHome(t, rules, ['a.exe', 'b']);
  t.deepEqual(await names(files, '/'), ['a.exe', 'b']);
  t.is((await files.stat(at('/a.exe'))).kind, 'file');
  for (const attempt of [
    read(files, '/a.exe'),
    write(files, '/a.exe'),
    files.remove(at('/a.exe')),
    files.rename(at('/a.exe'), at('/c')),
    files.rename(at('/b'), at('/c.exe')),
    files.makeHardLink(at('/a.exe'), at('/c')),
  ]) {
    await t.throwsAsync(attempt, { message: 'Permission denied' });
  }
});
