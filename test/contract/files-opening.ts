// Contract of `open`: every combination of options, and what each does to what is there.

import test from 'ava';
import type { OpenOptions } from '../../src/model/files.ts';
import { at, fails, get, names, put, readAll, type Subject, withFile } from './subject.ts';

export function testOpening(subject: Subject): void {
  const { title, makeFiles, differences } = subject;

  test(`${title}: a file that is not there is not found, and not made`, async (t) => {
    const files = await makeFiles(t);
    await fails(t, subject, 'not-found', files.open(at('/a'), { read: true }));
    await fails(t, subject, 'not-found', files.open(at('/a'), { write: true }));
    await fails(t, subject, 'not-found', files.open(at('/a'), { write: true, truncate: true }));
    await fails(t, subject, 'not-found', files.open(at('/folder/a'), { write: true, create: true }));
    t.deepEqual(await names(files, '/'), []);
  });

  test(`${title}: create makes an empty file, with the mode it names`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { write: true, create: true, mode: 0o600 }, async () => undefined);
    const { kind, mode, sizeBytes } = await files.stat(at('/a'));
    t.deepEqual({ kind, mode: mode & 0o7777, sizeBytes }, { kind: 'file', mode: 0o600, sizeBytes: 0 });
  });

  test(`${title}: set-id and sticky bits of a new file are left out`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { write: true, create: true, mode: 0o7700 }, async () => undefined);
    t.is((await files.stat(at('/a'))).mode & 0o7777, 0o700);
  });

  test(`${title}: create leaves what is there as it is, mode and all`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    const before = (await files.stat(at('/a'))).mode;
    await withFile(files, '/a', { write: true, create: true, mode: 0o600 }, (file) =>
      file.write(Buffer.from('CON'), 0),
    );
    t.is(await get(files, '/a'), 'CONtent');
    t.is((await files.stat(at('/a'))).mode, before);
  });

  test(`${title}: exclusive makes a new file and refuses one that is there`, async (t) => {
    const files = await makeFiles(t);
    const options: OpenOptions = { write: true, create: true, exclusive: true };
    await withFile(files, '/a', options, (file) => file.write(Buffer.from('first'), 0));
    await fails(t, subject, 'already-exists', files.open(at('/a'), options));
    await fails(t, subject, 'already-exists', files.open(at('/a'), { ...options, truncate: true }));
    t.is(await get(files, '/a'), 'first');
  });

  test(`${title}: of many that make one file exclusively, one succeeds`, async (t) => {
    const files = await makeFiles(t);
    const options: OpenOptions = { write: true, create: true, exclusive: true };
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => files.open(at('/a'), options)));
    const made = opened.filter((result) => result.status === 'fulfilled');
    t.is(made.length, 1);
    for (const { value } of made) await value.close();
  });

  test(`${title}: of many that make one file, all succeed`, async (t) => {
    const files = await makeFiles(t);
    const options: OpenOptions = { write: true, create: true };
    if (differences.atomicUploads === true) {
      const file = await files.open(at('/a'), options);
      await fails(t, subject, 'busy', files.open(at('/a'), options));
      return file.close();
    }
    const opened = await Promise.all(Array.from({ length: 8 }, () => files.open(at('/a'), options)));
    await Promise.all(opened.map((file, index) => file.write(Buffer.from([65 + index]), index)));
    await Promise.all(opened.map((file) => file.close()));
    t.is(await get(files, '/a'), 'ABCDEFGH');
  });

  test(`${title}: truncate empties the file`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'something long');
    await withFile(files, '/a', { write: true, truncate: true }, (file) => file.write(Buffer.from('new'), 0));
    t.is(await get(files, '/a'), 'new');
  });

  test(`${title}: without truncate an upload changes only what it writes, so that it can be resumed`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'the first half');
    await withFile(files, '/a', { write: true }, (file) => file.write(Buffer.from(' and the second'), 14));
    t.is(await get(files, '/a'), 'the first half and the second');
  });

  test(`${title}: reading and writing through one open file`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { read: true, write: true, create: true }, async (file) => {
      await file.write(Buffer.from('hello'), 0);
      t.is((await readAll(file)).toString(), 'hello');
      await file.write(Buffer.from('J'), 0);
      t.is((await readAll(file)).toString(), 'Jello');
    });
  });

  test(`${title}: what a file was not opened for is refused`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await withFile(files, '/a', { read: true }, async (file) => {
      await fails(t, subject, 'permission-denied', file.write(Buffer.from('x'), 0));
      await fails(t, subject, 'permission-denied', file.setAttributes({ sizeBytes: 0 }));
    });
    await withFile(files, '/a', { write: true }, (file) =>
      fails(t, subject, 'permission-denied', file.read(Buffer.alloc(8), 0)),
    );
    t.is(await get(files, '/a'), 'content');
  });

  test(`${title}: options that contradict each other are invalid`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    const wrong: OpenOptions[] = [
      {},
      { read: true, create: true },
      { read: true, truncate: true },
      { read: true, append: true },
      { write: true, exclusive: true },
    ];
    for (const options of wrong) await fails(t, subject, 'invalid-argument', files.open(at('/a'), options));
    t.is(await get(files, '/a'), 'content');
  });

  test(`${title}: a folder can't be opened as a file`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    for (const path of ['/folder', '/']) {
      await fails(t, subject, 'is-a-directory', files.open(at(path), { read: true }));
      await fails(t, subject, 'is-a-directory', files.open(at(path), { write: true, create: true, truncate: true }));
    }
    await fails(
      t,
      subject,
      'already-exists',
      files.open(at('/folder'), { write: true, create: true, exclusive: true }),
    );
  });

  test(`${title}: a file is no folder`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await fails(t, subject, 'not-a-directory', files.open(at('/a/b'), { write: true, create: true }));
    await fails(t, subject, 'not-a-directory', files.stat(at('/a/b/c')));
    await fails(t, subject, 'not-a-directory', files.list(at('/a')));
    await fails(t, subject, 'not-a-directory', files.makeDirectory(at('/a/b')));
    await fails(t, subject, 'not-a-directory', files.removeDirectory(at('/a')));
  });

  test(`${title}: an open file outlives its name`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await withFile(files, '/a', { read: true }, async (file) => {
      await files.remove(at('/a'));
      t.is((await readAll(file)).toString(), 'content');
    });
    t.deepEqual(await names(files, '/'), []);
  });

  test(`${title}: an open file tells where it was found`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await put(files, '/folder/a', 'content');
    t.is(await withFile(files, '/folder/../folder/./a', { read: true }, async (file) => file.path), at('/folder/a'));
  });

  test(`${title}: a closed file is closed, as often as one likes`, async (t) => {
    const files = await makeFiles(t);
    const file = await files.open(at('/a'), { read: true, write: true, create: true });
    await file.close();
    await file.close();
    await fails(t, subject, 'closed', file.read(Buffer.alloc(1), 0));
    await fails(t, subject, 'closed', file.write(Buffer.alloc(1), 0));
    await fails(t, subject, 'closed', file.stat());
    await fails(t, subject, 'closed', file.sync());
    await fails(t, subject, 'closed', file.setAttributes({ mode: 0o600 }));
  });

  test(`${title}: close waits for the writes under way`, async (t) => {
    const files = await makeFiles(t);
    const file = await files.open(at('/a'), { write: true, create: true });
    const writes = Array.from({ length: 16 }, (_, index) => file.write(Buffer.alloc(1000, index), index * 1000));
    await file.close();
    await Promise.all(writes);
    t.is((await files.stat(at('/a'))).sizeBytes, 16_000);
  });
}
