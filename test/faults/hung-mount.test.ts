// A file system inside of a home that stops answering, as a network disk does that has lost its server: sshfs, whose
// sftp-server is stopped. The calls that meet it stand still, the walk to a folder among them; nobody else does.
// Was wrong: the walk was synchronous wherever it led, so one path into such a mount held up the whole process.

import { join } from 'node:path';
import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { mountRemote } from './remote-mount.ts';
import { get, startUnderTest, worksFor } from './server-under-test.ts';

/** More than one user may have under way at a time. */
const CALLS = 30;

for (const walk of ['auto', 'async'] as const) {
  test(`hung mount: --walk ${walk}: while paths into it stand still, all other sessions work; then all is done`, async (t) => {
    t.timeout(90_000);
    const server = await startUnderTest(t, { settings: { walk } });
    const mounted = await mountRemote(t, {
      remote: join(await server.homeOf('alice'), 'remote'),
      folder: server.folder,
    });
    if (mounted === undefined) return;
    const [hung, other, bob] = [
      await server.connect('alice'),
      await server.connect('alice'),
      await server.connect('bob'),
    ];
    const file = parsePath('/remote/a/b/file');
    const opened = [await hung.files.open(file, { read: true }), await hung.files.open(file, { read: true })] as const;

    await mounted.stop();
    let ended = 0;
    const calls = [
      // Every call that was synchronous once: the walk, fstat of what was found and opened, the size after a read, close.
      opened[0].read(Buffer.alloc(100), 0),
      opened[1].close(),
      get(hung.files, '/remote/a/b/file'),
      hung.files.list(parsePath('/remote')).then((directory) => directory.close()),
      ...Array.from({ length: CALLS }, () => hung.files.stat(file)),
    ].map(async (call) => {
      await call;
      ended += 1;
    });
    for (let round = 0; round < 3; round += 1) {
      await worksFor(t, bob, `honest-${round}`);
      await worksFor(t, other, `honest-${round}`);
    }
    await worksFor(t, await server.connect('mallory'));
    await worksFor(t, await server.connect('alice'), 'later');
    t.is(ended, 0, 'they do stand still');

    mounted.goOn();
    await Promise.all(calls);
    await opened[0].close();
    t.is((await get(hung.files, '/remote/a/b/file')).toString(), 'content');
  });
}
