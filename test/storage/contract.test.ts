// The contract of Files over each storage, through the operations of a user who may do everything.

import type { ExecutionContext } from 'ava';
import { ownerPolicy } from '../../src/access/policy.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import type { JailKind } from '../../src/storage/choose-jail.ts';
import { openHome } from '../../src/storage/home.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import type { WalkMode } from '../../src/storage/mounts.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { Turns } from '../../src/storage/turns.ts';
import { IN_PLACE, type UploadPolicy } from '../../src/storage/upload-policy.ts';
import { testFiles } from '../contract/files.ts';
import { rebased, withoutName } from '../contract/rebased.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeTrees } from './counted-trees.ts';
import { makeHomes } from './test-homes.ts';

function filesOver(storage: Storage): Files {
  return createOperations({ policy: ownerPolicy, audit: () => undefined }).as({
    identity: { user: 'alice' },
    origin: { sessionId: 'test', address: '127.0.0.1' },
    face: 'sftp',
    storage,
  });
}

const onDisk =
  (jail: JailKind, uploads: UploadPolicy = IN_PLACE, walkMode: WalkMode = 'auto') =>
  async (t: ExecutionContext): Promise<Files> => {
    const storage = await openHome({
      homesDirectory: await temporaryFolder(t),
      user: 'alice',
      jail,
      walkMode,
      // Two turns: whatever waits in one turn for another would be found out.
      partsOn: () => ({ uploads, active: createActiveUploads(), turns: new Turns(2), onClose: () => undefined }),
    });
    t.teardown(() => storage.close());
    return filesOver(storage);
  };

/** A home with a shared folder in it: the files of the home, and those of the folder as if it were one. */
const mounted =
  (where: 'home' | 'folder', uploads: UploadPolicy = IN_PLACE, walkMode: WalkMode = 'auto') =>
  async (t: ExecutionContext): Promise<Files> => {
    const { homes, rules } = await makeHomes(t, { uploads: () => uploads, walkMode });
    rules.give('alice', 'design');
    const storage = await homes.open('alice');
    t.teardown(() => storage.close());
    const files = filesOver(storage);
    return where === 'home' ? withoutName(files, 'shared') : rebased(files, parsePath(SHARED));
  };

const SHARED = '/shared/design';
const ATOMIC: UploadPolicy = { mode: 'atomic', sync: 'client', keepMs: 60_000 };
const inFolder = { maxPathBytes: 4095 - SHARED.length };

/** With a quota that is large enough. */
const counted =
  (uploads: UploadPolicy = IN_PLACE) =>
  async (t: ExecutionContext): Promise<Files> =>
    filesOver(await (await makeTrees(t, { quota: { bytes: 2 ** 50, files: 100_000 }, uploads })).session());

testFiles('memory', async () => filesOver(createMemoryStorage()));
testFiles('disk', onDisk('held'));
testFiles('disk, walked aside', onDisk('held', IN_PLACE, 'async'));
testFiles('disk, atomic uploads', onDisk('held', { mode: 'atomic', sync: 'client', keepMs: 60_000 }), {
  atomicUploads: true,
  syncs: true,
});
testFiles('disk, synced at close', onDisk('held', { mode: 'in-place', sync: 'close', keepMs: 0 }), { syncs: true });
testFiles(
  'disk, atomic uploads, walked aside',
  onDisk('held', { mode: 'atomic', sync: 'client', keepMs: 60_000 }, 'async'),
  {
    atomicUploads: true,
    syncs: true,
  },
);
testFiles('home with mounts', mounted('home'));
testFiles('home with mounts, walked aside', mounted('home', IN_PLACE, 'async'));
testFiles('shared folder', mounted('folder'), inFolder);
testFiles('shared folder, walked aside', mounted('folder', IN_PLACE, 'async'), inFolder);
testFiles('shared folder, atomic uploads', mounted('folder', ATOMIC), {
  ...inFolder,
  atomicUploads: true,
  syncs: true,
});
testFiles('disk, with a quota', counted(), { replacesAside: true });
testFiles('disk, with a quota, atomic uploads', counted({ mode: 'atomic', sync: 'client', keepMs: 60_000 }), {
  atomicUploads: true,
  syncs: true,
});
// Without /proc the whole path of the host goes to the system, which takes 4095 bytes of it.
testFiles('disk without /proc', onDisk('portable'), { noLinks: true, maxPathBytes: 3500 });
