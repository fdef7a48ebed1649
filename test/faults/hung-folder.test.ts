// A shared folder whose disk stops answering. Those who are in it wait; they go on elsewhere, and so does everybody else,
// those who have the folder mounted and don't use it among them.

import { join } from 'node:path';
import test from 'ava';
import { parsePath as at } from '../../src/model/path.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { allow, names, read, write } from '../storage/mounted-trees.ts';
import { makeHomes } from '../storage/test-homes.ts';
import { mountRemote } from './remote-mount.ts';

/** More than one user may have under way at a time. */
const CALLS = 20;

test('hung folder: who is in it waits, and nobody else does; then all is done', async (t) => {
  t.timeout(90_000);
  const { homes, rules, sharedFolder } = await makeHomes(t);
  const mounted = await mountRemote(t, { remote: join(sharedFolder, 'remote'), folder: await temporaryFolder(t) });
  if (mounted === undefined) return;
  for (const user of ['alice', 'bob', 'carol']) rules.give(user, 'remote', 'design');
  const sessions = await Promise.all(['alice', 'alice', 'bob'].map((user) => homes.open(user)));
  const [hung, other, bob] = sessions;
  if (hung === undefined || other === undefined || bob === undefined) return t.fail();
  t.is(await read(hung, '/shared/remote/a/b/file'), 'content');

  await mounted.stop();
  let ended = 0;
  const file = at('/shared/remote/a/b/file');
  // Bob opens it only now: the disk is asked once for all who do.
  const calls = [hung, bob].flatMap((storage) =>
    Array.from({ length: CALLS }, async () => {
      await storage.stat(file, true, allow);
      ended += 1;
    }),
  );
  const carol = await homes.open('carol');
  sessions.push(carol);
  for (const [index, storage] of [hung, other, bob, carol].entries()) {
    await write(storage, '/own', 'goes on');
    await write(storage, `/shared/design/${index}`, 'goes on');
    t.is(await read(storage, '/own'), 'goes on');
    t.deepEqual(await names(storage, '/shared'), ['design', 'remote']);
  }
  t.is(ended, 0, 'they do stand still');

  mounted.goOn();
  await Promise.all(calls);
  t.is(await read(bob, '/shared/remote/a/b/file'), 'content');
  for (const storage of sessions) storage.close();
});
