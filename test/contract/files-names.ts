// Contract of names: whatever bytes they have, and what renaming does.

import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { at, fails, get, names, put, type Subject } from './subject.ts';

/** Names that somebody's program once mistook for something else. */
const ODD_NAMES = [
  'with space',
  ' ',
  ' leading and trailing ',
  '-rf',
  '--help',
  '...',
  '..a',
  'a\nb',
  'tab\there',
  '\u001b[31mred',
  '*',
  '~',
  '$HOME',
  '`id`',
  'quote\'"',
  'back\\slash',
  'C:',
  '%2e%2e%2f',
  'emoji \u{1f600}',
  'e\u0301 and \u00e9',
  'right\u202eto left',
  'bytes \udcff\udcfe',
  '\udc80',
  'x'.repeat(255),
  '\u{1f600}'.repeat(63),
];

export function testNames(subject: Subject): void {
  const { title, makeFiles, differences } = subject;

  test(`${title}: odd names are names like others`, async (t) => {
    const files = await makeFiles(t);
    for (const name of ODD_NAMES) await put(files, `/${name}`, name.toWellFormed());
    t.deepEqual(await names(files, '/'), [...ODD_NAMES].sort());
    for (const name of ODD_NAMES) {
      t.is(await get(files, `/${name}`), name.toWellFormed());
      await files.rename(at(`/${name}`), at('/other'));
      await files.rename(at('/other'), at(`/${name}`));
      await files.remove(at(`/${name}`));
      await files.makeDirectory(at(`/${name}`));
      await put(files, `/${name}/a`, 'inside');
      t.is(await get(files, `/${name}/a`), 'inside');
      await files.remove(at(`/${name}/a`));
      await files.removeDirectory(at(`/${name}`));
    }
    t.deepEqual(await names(files, '/'), []);
  });

  test(`${title}: a path as long as paths can be`, async (t) => {
    const files = await makeFiles(t);
    const length = differences.maxPathBytes ?? 4095;
    const folder = `/${'d'.repeat(254)}`;
    let path = '';
    while (path.length + folder.length < length - 1) {
      path += folder;
      await files.makeDirectory(at(path));
    }
    const file = `${path}/${'f'.repeat(length - path.length - 1)}`;
    await put(files, file, 'deep');
    t.is(await get(files, file), 'deep');
    t.is(await files.realPath(at(file)), at(file));
    // By the way they were made: the host's own path of these is longer than what programs can name.
    await files.remove(at(file));
    for (; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) await files.removeDirectory(at(path));
  });

  test(`${title}: rename moves a file with its content`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.makeDirectory(at('/folder'));
    await files.rename(at('/a'), at('/folder/b'));
    t.is(await get(files, '/folder/b'), 'content');
    t.deepEqual(await names(files, '/'), ['folder']);
  });

  test(`${title}: rename moves a folder with what is in it`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/one'));
    await files.makeDirectory(at('/two'));
    await put(files, '/one/a', 'content');
    await files.rename(at('/one'), at('/two/three'));
    t.is(await get(files, '/two/three/a'), 'content');
    t.deepEqual(await names(files, '/'), ['two']);
  });

  test(`${title}: rename without replace leaves what is there`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'a');
    await put(files, '/b', 'b');
    await files.makeDirectory(at('/folder'));
    await files.makeDirectory(at('/empty'));
    await fails(t, subject, 'already-exists', files.rename(at('/a'), at('/b')));
    await fails(t, subject, 'already-exists', files.rename(at('/a'), at('/a')));
    await fails(t, subject, 'already-exists', files.rename(at('/a'), at('/folder')));
    await fails(t, subject, 'already-exists', files.rename(at('/folder'), at('/empty')));
    t.is(await get(files, '/a'), 'a');
    t.is(await get(files, '/b'), 'b');
    t.deepEqual(await names(files, '/'), ['a', 'b', 'empty', 'folder']);
  });

  // What was wrong: over SFTP, what stood in the way of a rename or a hard link was told with the path of the source.
  // How it was reached: `move a b` in `sshome connect`, where there is a b: "/a: File exists".
  // This verifies: the path at fault is the one that is taken, whichever way the files are reached.
  test(`${title}: the path at fault of a rename is the one that is taken`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'a');
    await put(files, '/b', 'b');
    t.regex(await pathAtFault(files.rename(at('/a'), at('/b'))), /\/b$/);
  });

  test(`${title}: rename with replace takes the place of a file or an empty folder`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'a');
    await put(files, '/b', 'b');
    await files.rename(at('/a'), at('/b'), { replace: true });
    t.is(await get(files, '/b'), 'a');
    await files.rename(at('/b'), at('/b'), { replace: true });
    await files.rename(at('/b'), at('/c'), { replace: true });
    await files.makeDirectory(at('/one'));
    await files.makeDirectory(at('/two'));
    await put(files, '/one/x', 'x');
    await files.rename(at('/one'), at('/two'), { replace: true });
    t.is(await get(files, '/two/x'), 'x');
    t.deepEqual(await names(files, '/'), ['c', 'two']);
  });

  test(`${title}: rename with replace keeps kinds apart, and folders that hold something`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'a');
    await files.makeDirectory(at('/folder'));
    await files.makeDirectory(at('/full'));
    await put(files, '/full/x', 'x');
    const replace = { replace: true };
    await fails(t, subject, 'is-a-directory', files.rename(at('/a'), at('/folder'), replace));
    await fails(t, subject, 'not-a-directory', files.rename(at('/folder'), at('/a'), replace));
    await fails(t, subject, 'not-empty', files.rename(at('/folder'), at('/full'), replace));
    t.deepEqual(await names(files, '/'), ['a', 'folder', 'full']);
  });

  test(`${title}: a folder can't be moved into itself`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await fails(t, subject, 'invalid-argument', files.rename(at('/folder'), at('/folder/inner')));
    await fails(t, subject, 'invalid-argument', files.rename(at('/folder'), at('/folder/inner'), { replace: true }));
    t.deepEqual(await names(files, '/'), ['folder']);
  });

  test(`${title}: what is not there can't be renamed, nor to where nothing is`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'a');
    await fails(t, subject, 'not-found', files.rename(at('/b'), at('/c')));
    await fails(t, subject, 'not-found', files.rename(at('/b'), at('/c'), { replace: true }));
    await fails(t, subject, 'not-found', files.rename(at('/a'), at('/missing/c')));
    t.is(await get(files, '/a'), 'a');
  });

  test(`${title}: of many renames to one free name, one succeeds and nothing is lost`, async (t) => {
    const files = await makeFiles(t);
    const sources = Array.from({ length: 8 }, (_, index) => `source ${index}`);
    for (const name of sources) await put(files, `/${name}`, name);
    const done = await Promise.allSettled(sources.map((name) => files.rename(at(name), at('/target'))));
    t.is(done.filter(({ status }) => status === 'fulfilled').length, 1);
    const left = await names(files, '/');
    t.is(left.length, 8);
    const contents = await Promise.all(left.map((name) => get(files, `/${name}`)));
    t.deepEqual(contents.sort(), sources);
  });

  test(`${title}: a hard link is a second name of the same file`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.makeHardLink(at('/a'), at('/b'));
    if (differences.noLinkCount !== true) t.is((await files.stat(at('/a'))).linkCount, 2);
    await put(files, '/b', 'changed');
    const isApart = differences.atomicUploads === true || differences.replacesAside === true;
    t.is(await get(files, '/a'), isApart ? 'content' : 'changed');
    await files.remove(at('/a'));
    t.is(await get(files, '/b'), 'changed');
  });

  test(`${title}: a hard link needs a file, and a free name`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.makeDirectory(at('/folder'));
    await fails(t, subject, 'permission-denied', files.makeHardLink(at('/folder'), at('/b')));
    await fails(t, subject, 'permission-denied', files.makeHardLink(at('/'), at('/b')));
    await fails(t, subject, 'not-found', files.makeHardLink(at('/missing'), at('/b')));
    await fails(t, subject, 'already-exists', files.makeHardLink(at('/a'), at('/folder')));
    t.regex(await pathAtFault(files.makeHardLink(at('/a'), at('/folder'))), /\/folder$/);
    await fails(t, subject, 'not-found', files.makeHardLink(at('/a'), at('/missing/b')));
    t.deepEqual(await names(files, '/'), ['a', 'folder']);
  });

  test(`${title}: realPath needs the folders, not the last name`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    t.is(await files.realPath(at('/')), at('/'));
    t.is(await files.realPath(at('/folder/new')), at('/folder/new'));
    await fails(t, subject, 'not-found', files.realPath(at('/missing/new')));
  });
}

async function pathAtFault(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (isFileError(error) && error.path) || 'none';
}
