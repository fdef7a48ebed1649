// Contract of what is in a file: reading, writing, holes, appending, sizes, copying, attributes of the open file.

import test from 'ava';
import { at, fails, get, getBytes, names, put, type Subject, withFile } from './subject.ts';

export function testContent(subject: Subject): void {
  const { title, makeFiles, differences } = subject;

  test(`${title}: a read fills its target, or ends with the file`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', '0123456789');
    await withFile(files, '/a', { read: true }, async (file) => {
      const target = Buffer.alloc(4);
      t.is(await file.read(target, 0), 4);
      t.is(target.toString(), '0123');
      t.is(await file.read(target, 8), 2);
      t.is(target.toString('utf8', 0, 2), '89');
      t.is(await file.read(target, 10), 0);
      t.is(await file.read(target, 4_000_000_000_000), 0);
      t.is(await file.read(Buffer.alloc(0), 0), 0);
      t.is(await file.read(target.subarray(1, 3), 5), 2);
      t.is(target.toString('utf8', 1, 3), '56');
    });
  });

  test(`${title}: a large file comes back byte by byte`, async (t) => {
    const files = await makeFiles(t);
    const content = Buffer.alloc(3 * 1024 * 1024 + 17);
    for (let index = 0; index < content.length; index += 1) content[index] = (index * 31) >> 3;
    await put(files, '/a', content);
    t.true(content.equals(await getBytes(files, '/a')));
  });

  test(`${title}: writes in any order make one file`, async (t) => {
    const files = await makeFiles(t);
    const content = Buffer.from(Array.from({ length: 40_000 }, (_, index) => index % 251));
    await withFile(files, '/a', { write: true, create: true }, async (file) => {
      const offsets = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) * 1000);
      await Promise.all(offsets.map((offset) => file.write(content.subarray(offset, offset + 1000), offset)));
    });
    t.true(content.equals(await getBytes(files, '/a')));
  });

  test(`${title}: a write past the end leaves zeros before it`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { write: true, create: true }, async (file) => {
      await file.write(Buffer.from('a'), 0);
      await file.write(Buffer.from('z'), 5);
    });
    t.deepEqual(await getBytes(files, '/a'), Buffer.from('a\0\0\0\0z'));
  });

  test(`${title}: a write of nothing changes nothing`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { write: true, create: true }, (file) => file.write(Buffer.alloc(0), 100));
    t.is((await files.stat(at('/a'))).sizeBytes, 0);
  });

  test(`${title}: offsets that are not exact are invalid, and harm nothing`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { read: true, write: true, create: true }, async (file) => {
      await file.write(Buffer.from('content'), 0);
      for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        await fails(t, subject, 'invalid-argument', file.read(Buffer.alloc(1), offset));
        await fails(t, subject, 'invalid-argument', file.write(Buffer.from('x'), offset));
      }
    });
    t.is(await get(files, '/a'), 'content');
  });

  test(`${title}: append writes at the end, whatever offset is named`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'one,');
    await withFile(files, '/a', { read: true, write: true, append: true }, async (file) => {
      await file.write(Buffer.from('two,'), 0);
      await file.write(Buffer.from('three'), 1000);
      const target = Buffer.alloc(3);
      await file.read(target, 0);
      t.is(target.toString(), 'one');
    });
    t.is(await get(files, '/a'), 'one,two,three');
  });

  test(`${title}: appends that are asked for at once follow one another`, async (t) => {
    const files = await makeFiles(t);
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);
    await withFile(files, '/a', { write: true, create: true, append: true }, (file) =>
      Promise.all(lines.map((line) => file.write(Buffer.from(line), 0))),
    );
    t.is(await get(files, '/a'), lines.join(''));
  });

  test(`${title}: a size cuts the file or fills it with zeros`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.setAttributes(at('/a'), { sizeBytes: 4 });
    t.is(await get(files, '/a'), 'cont');
    await files.setAttributes(at('/a'), { sizeBytes: 6 });
    t.deepEqual(await getBytes(files, '/a'), Buffer.from('cont\0\0'));
    await files.setAttributes(at('/a'), { sizeBytes: 0 });
    t.is(await get(files, '/a'), '');
    await withFile(files, '/a', { write: true }, async (file) => {
      await file.write(Buffer.from('content'), 0);
      await file.setAttributes({ sizeBytes: 3 });
    });
    t.is(await get(files, '/a'), 'con');
  });

  test(`${title}: a folder has no size to set, and a size has limits`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.makeDirectory(at('/folder'));
    await fails(t, subject, 'is-a-directory', files.setAttributes(at('/folder'), { sizeBytes: 0 }));
    await fails(t, subject, 'invalid-argument', files.setAttributes(at('/a'), { sizeBytes: -1 }));
    await fails(t, subject, 'not-found', files.setAttributes(at('/b'), { sizeBytes: 0 }));
    t.is(await get(files, '/a'), 'content');
  });

  test(`${title}: mode and times, by path and by open file`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.makeDirectory(at('/folder'));
    const times = { accessedMs: 1_000_000_000_000, modifiedMs: 1_234_567_890_000 };
    for (const path of ['/a', '/folder']) {
      await files.setAttributes(at(path), { mode: 0o750, times });
      const { mode, accessedMs, modifiedMs } = await files.stat(at(path));
      t.deepEqual({ mode: mode & 0o7777, accessedMs, modifiedMs }, { mode: 0o750, ...times });
    }
    await withFile(files, '/a', { write: true }, async (file) => {
      await file.setAttributes({ mode: 0o7640, times: { accessedMs: 0, modifiedMs: 5000 }, sizeBytes: 3 });
      const { mode, accessedMs, modifiedMs, sizeBytes, kind } = await file.stat();
      t.deepEqual(
        { mode: mode & 0o7777, accessedMs, modifiedMs, sizeBytes, kind },
        { mode: 0o640, accessedMs: 0, modifiedMs: 5000, sizeBytes: 3, kind: 'file' },
      );
    });
  });

  test(`${title}: the mode of the type bits tells the kind`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    t.is((await files.stat(at('/a'))).mode & 0o170000, 0o100000);
    t.is((await files.stat(at('/'))).mode & 0o170000, 0o040000);
  });

  if (differences.wholeSeconds !== true) {
    test(`${title}: times have fractions, and can lie before 1970`, async (t) => {
      const files = await makeFiles(t);
      await put(files, '/a', 'content');
      await files.setAttributes(at('/a'), { times: { accessedMs: -1500, modifiedMs: 1_234_567_890_250 } });
      const { accessedMs, modifiedMs } = await files.stat(at('/a'));
      t.deepEqual({ accessedMs, modifiedMs }, { accessedMs: -1500, modifiedMs: 1_234_567_890_250 });
    });

    test(`${title}: a time beyond all bounds is clamped, one that is no number is invalid`, async (t) => {
      const files = await makeFiles(t);
      await put(files, '/a', 'content');
      await files.setAttributes(at('/a'), { times: { accessedMs: -1e300, modifiedMs: Number.POSITIVE_INFINITY } });
      const { accessedMs, modifiedMs } = await files.stat(at('/a'));
      t.true(accessedMs < 0 && modifiedMs > Date.now());
      const times = { accessedMs: Number.NaN, modifiedMs: 0 };
      await fails(t, subject, 'invalid-argument', files.setAttributes(at('/a'), { times }));
    });
  }

  test(`${title}: the owner can be set to the one it has`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    const { uid, gid } = await files.stat(at('/a'));
    await files.setAttributes(at('/a'), { owner: { uid, gid } });
    await withFile(files, '/a', { write: true }, (file) => file.setAttributes({ owner: { uid, gid } }));
    const after = await files.stat(at('/a'));
    t.deepEqual({ uid: after.uid, gid: after.gid }, { uid, gid });
  });

  test(`${title}: sync and space answer`, async (t) => {
    const files = await makeFiles(t);
    await withFile(files, '/a', { write: true, create: true }, async (file) => {
      await file.write(Buffer.from('content'), 0);
      await file.sync();
      t.true((await file.space()).blockBytes > 0);
    });
    const space = await files.space(at('/'));
    t.true(space.totalBlocks >= space.freeBlocks && space.freeBlocks >= space.availableBlocks);
    t.true(space.maxNameBytes >= 255);
    await fails(t, subject, 'not-found', files.space(at('/b')));
  });

  test(`${title}: copy takes content and mode, and leaves the source`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'content');
    await files.setAttributes(at('/a'), { mode: 0o640 });
    await files.copy(at('/a'), at('/b'));
    t.is(await get(files, '/b'), 'content');
    t.is(await get(files, '/a'), 'content');
    t.is((await files.stat(at('/b'))).mode & 0o7777, 0o640);
  });

  test(`${title}: copy replaces only when told`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/a', 'new');
    await put(files, '/b', 'old and longer');
    await fails(t, subject, 'already-exists', files.copy(at('/a'), at('/b')));
    t.is(await get(files, '/b'), 'old and longer');
    await files.copy(at('/a'), at('/b'), { replace: true });
    t.is(await get(files, '/b'), 'new');
  });

  test(`${title}: copy is for files`, async (t) => {
    const files = await makeFiles(t);
    await files.makeDirectory(at('/folder'));
    await fails(t, subject, 'is-a-directory', files.copy(at('/folder'), at('/b')));
    await fails(t, subject, 'not-found', files.copy(at('/a'), at('/b')));
    t.deepEqual(await names(files, '/'), ['folder']);
  });
}
