// Contract of folders: making, listing, removing.

import test from 'ava';
import { at, entries, fails, names, put, type Subject } from './subject.ts';

export function testListing(subject: Subject): void {
  const { title, makeFiles, differences } = subject;

  test(`${title}: an empty home lists nothing`, async (t) => {
    const files = await makeFiles(t);
    t.deepEqual(await names(files, '/'), []);
    t.is((await files.stat(at('/'))).kind, 'directory');
    t.is((await files.lstat(at('/'))).kind, 'directory');
  });

  test(`${title}: entries come with the attributes that lstat tells`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/file', 'content');
    await files.makeDirectory(at('/folder'), { mode: 0o700 });
    const found = await entries(files, '/');
    t.deepEqual(found.map(({ name }) => name).sort(), ['file', 'folder']);
    for (const { name, attributes } of found) t.deepEqual(attributes, await files.lstat(at(name)));
  });

  test(`${title}: thousands of entries come in batches, each once`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    const expected = Array.from(
      { length: differences.syncs === true ? 300 : 3000 },
      (_, index) => `entry ${index}`,
    ).sort();
    for (let from = 0; from < expected.length; from += 100) {
      await Promise.all(expected.slice(from, from + 100).map((name) => put(files, `/folder/${name}`, '')));
    }
    const directory = await files.list(at('/folder'));
    const found: string[] = [];
    for (let batch = await directory.read(64); batch.length > 0; batch = await directory.read(64)) {
      t.true(batch.length <= 64);
      found.push(...batch.map(({ name }) => name));
    }
    await directory.close();
    t.deepEqual(found.sort(), expected);
  });

  test(`${title}: an entry that is gone by the time it is read is left out`, async (t) => {
    const files = await makeFiles(t);
    for (const name of ['a', 'b', 'c']) await put(files, `/${name}`, '');
    const directory = await files.list(at('/'));
    const [first] = await directory.read(1);
    for (const name of ['a', 'b', 'c']) if (name !== first?.name) await files.remove(at(name));
    // What the disk had read ahead may not be told as if it were there.
    const rest = await directory.read(10);
    await directory.close();
    t.deepEqual(rest, []);
  });

  test(`${title}: a folder being read tells of itself, and closes twice`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    const directory = await files.list(at('/folder'));
    t.is(directory.path, at('/folder'));
    t.is((await directory.stat()).kind, 'directory');
    await directory.close();
    await directory.close();
    await fails(t, subject, 'closed', directory.read(1));
    await fails(t, subject, 'closed', directory.stat());
  });

  test(`${title}: a limit that is none is invalid`, async (t) => {
    const files = await makeFiles(t);
    const directory = await files.list(at('/'));
    for (const limit of [0, -1, 0.5, Number.NaN]) {
      await fails(t, subject, 'invalid-argument', directory.read(limit));
    }
    t.deepEqual(await directory.read(1), []);
    await directory.close();
  });

  test(`${title}: two readers of one folder don't disturb each other`, async (t) => {
    const files = await makeFiles(t);
    for (let index = 0; index < 50; index += 1) await put(files, `/${index}`, '');
    const [one, two] = await Promise.all([names(files, '/'), names(files, '/')]);
    t.is(one.length, 50);
    t.deepEqual(one, two);
  });

  test(`${title}: makeDirectory takes a mode, and refuses what is there`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'), { mode: 0o7700 });
    t.is((await files.stat(at('/folder'))).mode & 0o7777, 0o700);
    await put(files, '/file', '');
    for (const path of ['/folder', '/file', '/']) {
      await fails(t, subject, 'already-exists', files.makeDirectory(at(path)));
    }
    await fails(t, subject, 'not-found', files.makeDirectory(at('/missing/folder')));
  });

  test(`${title}: removeDirectory removes an empty folder only`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await put(files, '/folder/a', '');
    await fails(t, subject, 'not-empty', files.removeDirectory(at('/folder')));
    await files.remove(at('/folder/a'));
    await files.removeDirectory(at('/folder'));
    await fails(t, subject, 'not-found', files.removeDirectory(at('/folder')));
    await fails(t, subject, 'not-found', files.list(at('/folder')));
  });

  test(`${title}: remove is for what is no folder`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await put(files, '/a', '');
    await fails(t, subject, 'is-a-directory', files.remove(at('/folder')));
    await fails(t, subject, 'not-found', files.remove(at('/b')));
    await files.remove(at('/a'));
    t.deepEqual(await names(files, '/'), ['folder']);
  });

  test(`${title}: the home can't be removed or renamed, nor replaced`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await fails(t, subject, 'permission-denied', files.removeDirectory(at('/')));
    await fails(t, subject, 'permission-denied', files.remove(at('/')));
    await fails(t, subject, 'permission-denied', files.rename(at('/'), at('/other')));
    await fails(t, subject, 'permission-denied', files.rename(at('/folder'), at('/'), { replace: true }));
    t.deepEqual(await names(files, '/'), ['folder']);
  });
}
