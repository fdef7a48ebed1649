// Contract of symbolic links: made, followed, seen, and never a way out of the home.

import test from 'ava';
import type { Files } from '../../src/model/files.ts';
import { at, entries, fails, get, names, put, type Subject, withFile } from './subject.ts';

/** A file in a folder, and links to both. */
async function makeTree(files: Files): Promise<void> {
  await files.makeDirectory(at('/folder'));
  await put(files, '/folder/a', 'content');
  await files.makeLink(at('/to-file'), 'folder/a');
  await files.makeLink(at('/to-folder'), 'folder');
  await files.makeLink(at('/dangling'), 'folder/new');
}

export function testLinks(subject: Subject): void {
  const { title, makeFiles, differences } = subject;
  if (differences.noLinks === true) {
    test(`${title}: links can't be made, and it says so`, async (t) => {
      const files = await makeFiles(t);
      await fails(t, subject, 'unsupported', files.makeLink(at('/link'), 'folder'));
      t.deepEqual(await names(files, '/'), []);
    });
    return;
  }

  test(`${title}: a link is followed by what looks through it, and shown by what looks at it`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    t.is((await files.stat(at('/to-file'))).kind, 'file');
    t.is((await files.lstat(at('/to-file'))).kind, 'link');
    t.is(await get(files, '/to-file'), 'content');
    t.is(await get(files, '/to-folder/a'), 'content');
    t.deepEqual(await names(files, '/to-folder'), ['a']);
    const listed = (await entries(files, '/')).find(({ name }) => name === 'to-file');
    t.is(listed?.attributes.kind, 'link');
  });

  test(`${title}: a link says what was stored, whatever it is`, async (t) => {
    const files = await makeFiles(t);
    const targets = ['a', '../..//./x/', '/etc/passwd', '-n', 'a b\nc', '\udcff', 'x'.repeat(4000)];
    for (const [index, target] of targets.entries()) {
      await files.makeLink(at(`/link${index}`), target);
      t.is(await files.readLink(at(`/link${index}`)), target);
    }
  });

  test(`${title}: only a link can be read as one`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    await fails(t, subject, 'invalid-argument', files.readLink(at('/folder/a')));
    await fails(t, subject, 'invalid-argument', files.readLink(at('/folder')));
    await fails(t, subject, 'invalid-argument', files.readLink(at('/')));
    await fails(t, subject, 'not-found', files.readLink(at('/missing')));
  });

  test(`${title}: a link needs a free name, and something to say`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    for (const path of ['/folder', '/folder/a', '/dangling', '/']) {
      await fails(t, subject, 'already-exists', files.makeLink(at(path), 'x'));
    }
    await fails(t, subject, 'invalid-path', files.makeLink(at('/new'), ''));
    await fails(t, subject, 'invalid-path', files.makeLink(at('/new'), 'a\0b'));
    await fails(t, subject, 'invalid-path', files.makeLink(at('/new'), 'x'.repeat(4096)));
  });

  test(`${title}: the home is the root of absolute targets, and of ".." too`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    await files.makeLink(at('/folder/absolute'), '/folder/a');
    await files.makeLink(at('/folder/up'), '../../../../folder/a');
    await files.makeLink(at('/folder/home'), '/');
    await files.makeLink(at('/folder/above'), '../..');
    t.is(await get(files, '/folder/absolute'), 'content');
    t.is(await get(files, '/folder/up'), 'content');
    for (const path of ['/folder/home', '/folder/above']) {
      t.is(await files.realPath(at(path)), at('/'));
      t.deepEqual(await names(files, path), await names(files, '/'));
      t.is(await get(files, `${path}/folder/a`), 'content');
    }
  });

  test(`${title}: links that lead out of the home lead nowhere`, async (t) => {
    const files = await makeFiles(t);
    const targets = ['/etc/passwd', '../../../../../../etc/passwd', '/proc/self/root/etc/passwd', '/dev/null'];
    for (const [index, target] of targets.entries()) {
      const link = at(`/link${index}`);
      await files.makeLink(link, target);
      await fails(t, subject, 'not-found', files.stat(link));
      await fails(t, subject, 'not-found', files.open(link, { read: true }));
      await fails(t, subject, 'not-found', files.open(link, { write: true, create: true }));
      await fails(t, subject, 'not-found', files.setAttributes(link, { mode: 0o600 }));
      t.is((await files.lstat(link)).kind, 'link');
    }
    await files.makeLink(at('/outside'), '/etc');
    await fails(t, subject, 'not-found', files.list(at('/outside')));
    await fails(t, subject, 'not-found', files.stat(at('/outside/passwd')));
    await fails(t, subject, 'not-found', files.makeDirectory(at('/outside/new')));
  });

  test(`${title}: a chain of 40 links is followed, a longer one and a loop are not`, async (t) => {
    const files = await makeFiles(t);
    await put(files, '/0', 'content');
    for (let index = 1; index <= 41; index += 1) await files.makeLink(at(`/${index}`), `${index - 1}`);
    t.is(await get(files, '/40'), 'content');
    await fails(t, subject, 'link-loop', files.stat(at('/41')));
    await files.makeLink(at('/self'), 'self');
    await files.makeLink(at('/ping'), 'pong');
    await files.makeLink(at('/pong'), 'ping');
    for (const path of ['/self', '/self/x', '/ping', '/ping/x']) {
      await fails(t, subject, 'link-loop', files.stat(at(path)));
    }
    await fails(t, subject, 'link-loop', files.open(at('/self'), { write: true, create: true }));
    t.is((await files.lstat(at('/self'))).kind, 'link');
  });

  test(`${title}: create goes through a dangling link, exclusive does not`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    const exclusive = { write: true, create: true, exclusive: true };
    await fails(t, subject, 'already-exists', files.open(at('/dangling'), exclusive));
    await fails(t, subject, 'not-found', files.stat(at('/dangling')));
    await put(files, '/dangling', 'made');
    t.is(await get(files, '/folder/new'), 'made');
    t.is((await files.lstat(at('/dangling'))).kind, 'link');
  });

  test(`${title}: an open file and realPath tell the place behind the links`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    const found = await withFile(files, '/to-folder/a', { read: true }, async (file) => file.path);
    t.is(found, at('/folder/a'));
    t.is(await files.realPath(at('/to-file')), at('/folder/a'));
    t.is(await files.realPath(at('/dangling')), at('/folder/new'));
  });

  test(`${title}: remove and rename take the link, not what it leads to`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    await files.rename(at('/to-file'), at('/renamed'));
    t.is(await files.readLink(at('/renamed')), 'folder/a');
    await fails(t, subject, 'already-exists', files.rename(at('/renamed'), at('/dangling')));
    await files.rename(at('/renamed'), at('/dangling'), { replace: true });
    t.is(await files.readLink(at('/dangling')), 'folder/a');
    await fails(t, subject, 'not-a-directory', files.removeDirectory(at('/to-folder')));
    await files.remove(at('/to-folder'));
    await files.remove(at('/dangling'));
    t.is(await get(files, '/folder/a'), 'content');
    t.deepEqual(await names(files, '/'), ['folder']);
  });

  test(`${title}: makeDirectory does not go through a dangling link`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    await fails(t, subject, 'already-exists', files.makeDirectory(at('/dangling')));
    t.deepEqual(await names(files, '/folder'), ['a']);
  });

  test(`${title}: attributes are set through links unless told`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    const times = { accessedMs: 1000, modifiedMs: 2000 };
    await files.setAttributes(at('/to-file'), { mode: 0o600, sizeBytes: 3 });
    t.is(await get(files, '/folder/a'), 'con');
    t.is((await files.stat(at('/folder/a'))).mode & 0o777, 0o600);
    await files.setAttributes(at('/to-file'), { times }, { followLinks: false });
    t.is((await files.lstat(at('/to-file'))).modifiedMs, 2000);
    t.not((await files.stat(at('/to-file'))).modifiedMs, 2000);
    const { uid, gid } = await files.lstat(at('/to-file'));
    await files.setAttributes(at('/to-file'), { owner: { uid, gid } }, { followLinks: false });
    await fails(
      t,
      subject,
      'unsupported',
      files.setAttributes(at('/to-file'), { mode: 0o777 }, { followLinks: false }),
    );
    await fails(t, subject, 'not-found', files.setAttributes(at('/dangling'), { times }));
  });

  test(`${title}: a hard link to a link is a link`, async (t) => {
    const files = await makeFiles(t);
    await makeTree(files);
    await files.makeHardLink(at('/dangling'), at('/second'));
    t.is(await files.readLink(at('/second')), 'folder/new');
    t.is((await files.lstat(at('/second'))).kind, 'link');
  });
}
