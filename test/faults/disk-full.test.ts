// A disk that is full, or gone read-only, under one session. The home is a tmpfs of its own: needs the right to mount.

import { spawnSync } from 'node:child_process';
import { mkdir, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { runProgram } from '../helpers/program.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';
import { connectActor } from './actors.ts';
import { get, put, worksFor } from './server-under-test.ts';

/** Mounts a tmpfs of 1 MiB as alice's home; passes the test over where that is not allowed. */
async function tinyHome(t: ExecutionContext, { homes }: TestServer): Promise<string | undefined> {
  const home = join(homes, 'alice');
  await mkdir(home, { mode: 0o700 });
  const mounted = await runProgram(t, 'mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', home]);
  if (mounted.status !== 0) {
    t.log(`passed over: a tmpfs can't be mounted here: ${mounted.stderr.trim()}`);
    t.pass();
    return undefined;
  }
  t.teardown(() => void spawnSync('umount', ['-l', home]));
  return home;
}

for (const upload of ['in-place', 'atomic'] as const) {
  test(`disk full: ${upload}: a write that does not fit fails with words, and so does the close`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { upload });
    const home = await tinyHome(t, server);
    if (home === undefined) return;
    const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
    await put(alice.files, 'kept', Buffer.alloc(200_000, 'kept'));

    const file = await alice.files.open(parsePath('/large'), { write: true, create: true, truncate: true });
    const error = await t.throwsAsync(file.write(Buffer.alloc(2_000_000, 'x'), 0));
    t.true(isFileError(error, 'no-space'), String(error));
    await worksFor(t, bob);
    const closing = await t.throwsAsync(file.close());
    t.true(isFileError(closing, 'no-space'), String(closing));

    t.deepEqual(await get(alice.files, 'kept'), Buffer.alloc(200_000, 'kept'));
    if (upload === 'atomic') {
      t.deepEqual(await readdir(home), ['kept'], 'what did not fit is no longer in the way');
    } else {
      await alice.files.remove(parsePath('/large'));
    }
    const { bfree, bsize } = await statfs(home);
    t.true(bfree * bsize > 700_000);
    await put(alice.files, 'fits', Buffer.alloc(500_000));
    const outcomes = async (): Promise<unknown[]> => {
      const records = await server.records();
      return records
        .filter(({ event, path }) => event === 'file.upload' && path === '/large')
        .map((one) => one['outcome']);
    };
    await until(async () => (await outcomes()).length === 1);
    t.deepEqual(await outcomes(), ['no-space']);
    t.deepEqual(
      (await server.records()).filter((record) => 'error' in record),
      [],
    );
  });
}

test('disk full: a file that is replaced atomically stays as it was', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { upload: 'atomic' });
  if ((await tinyHome(t, server)) === undefined) return;
  const alice = await connectActor(t, server, 'alice');
  const old = Buffer.alloc(600_000, 'old');
  await put(alice.files, 'a', old);
  await t.throwsAsync(put(alice.files, 'a', Buffer.alloc(600_000, 'new')));
  t.deepEqual(await get(alice.files, 'a'), old);
});

test('home gone read-only: changes are refused with words, reading goes on', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t);
  const home = await tinyHome(t, server);
  if (home === undefined) return;
  const [alice, bob] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'bob')];
  await put(alice.files, 'a', Buffer.from('content'));
  await runProgram(t, 'mount', ['-o', 'remount,ro', home]);
  for (const work of [
    () => put(alice.files, 'b', Buffer.from('new')),
    () => put(alice.files, 'a', Buffer.from('changed')),
    () => alice.files.makeDirectory(parsePath('/folder')),
    () => alice.files.remove(parsePath('/a')),
    () => alice.files.rename(parsePath('/a'), parsePath('/c')),
  ]) {
    const error = await t.throwsAsync(work());
    t.true(isFileError(error, 'read-only'), String(error));
  }
  t.is((await get(alice.files, 'a')).toString(), 'content');
  await worksFor(t, bob);
});
