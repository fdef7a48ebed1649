// A home that is taken away from under a session: the session is told, and is never led anywhere else.

import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { connectActor } from './actors.ts';
import { get, put, worksFor } from './server-under-test.ts';

for (const upload of ['in-place', 'atomic'] as const) {
  test(`home gone: ${upload}: removed: what was open can be read, all else is not found; the next login has a new one`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { upload });
    const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
    await put(alice.files, 'a', Buffer.from('content'));
    const open = await alice.files.open(parsePath('/a'), { read: true });
    const writing = await alice.files.open(parsePath('/b'), { write: true, create: true });
    await rm(await server.homeOf('alice'), { recursive: true });

    const content = Buffer.alloc(7);
    t.is(await open.read(content, 0), 7);
    t.is(content.toString(), 'content');
    await open.close();
    await writing.write(Buffer.from('content'), 0);
    if (upload === 'atomic') {
      const error = await t.throwsAsync(writing.close());
      t.true(isFileError(error, 'not-found'), String(error));
    } else {
      await writing.close();
    }
    for (const work of [
      () => get(alice.files, 'a'),
      () => put(alice.files, 'c', Buffer.from('content')),
      () => alice.files.makeDirectory(parsePath('/folder')),
    ]) {
      const error = await t.throwsAsync(work());
      t.true(isFileError(error, 'not-found'), String(error));
    }
    await worksFor(t, bob);
    await worksFor(t, await connectActor(t, server, 'alice'));
  });
}

test('home gone: replaced by a link: the session stays in the old one, and nobody gets into what the link says', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t);
  const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
  await put(alice.files, 'a', Buffer.from('content'));
  const outside = join(server.folder, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'secret');
  const home = await server.homeOf('alice');
  await rename(home, join(server.folder, 'moved'));
  await symlink(outside, home);

  t.deepEqual(
    (await alice.list()).map(({ name }) => name),
    ['a'],
  );
  await put(alice.files, 'b', Buffer.from('content'));
  t.deepEqual(await readdir(outside), ['secret']);
  t.deepEqual((await readdir(join(server.folder, 'moved'))).sort(), ['a', 'b']);
  await t.throwsAsync(connectActor(t, server, 'alice'));
  await worksFor(t, bob);
});

test('home gone: who logs in to a home that can’t be used is told so, not of an internal error', async (t) => {
  /*
   * What was wrong: the answer was "internal error" and an id, as to a fault of the server's own.
   * How it was reached: a link, or a file, stood in the place of a home; then `ssh`, `sftp`, `scp`.
   * What this verifies: what is wrong is said, with the id under which the log has the host's path, which is not told.
   */
  t.timeout(30_000);
  const server = await startServer(t);
  const home = await server.homeOf('alice');
  await rm(home, { recursive: true, force: true });
  await symlink(server.folder, home);
  const { status, stderr } = await run(await login(t, server, 'alice'), 'whoami');
  t.is(status, 70);
  t.regex(stderr, /^sshome: Not a directory: the home of this user cannot be used \([0-9a-f]{8}\)\n$/);
});
