// The contract of Files over each storage, through the operations of a user who may do everything.

import type { ExecutionContext } from 'ava';
import { ownerPolicy } from '../../src/access/policy.ts';
import type { Files } from '../../src/model/files.ts';
import { createOperations } from '../../src/operations/operations.ts';
import type { JailKind } from '../../src/storage/choose-jail.ts';
import { openHome } from '../../src/storage/home.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import type { WalkMode } from '../../src/storage/mounts.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { Turns } from '../../src/storage/turns.ts';
import { ActiveUploads } from '../../src/storage/upload-aside.ts';
import { IN_PLACE, type UploadPolicy } from '../../src/storage/upload-policy.ts';
import { testFiles } from '../contract/files.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeTrees } from './counted-trees.ts';

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
      partsOn: () => ({ uploads, active: new ActiveUploads(), turns: new Turns(2), onClose: () => undefined }),
    });
    t.teardown(() => storage.close());
    return filesOver(storage);
  };

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
testFiles('disk, with a quota', counted(), { replacesAside: true });
testFiles('disk, with a quota, atomic uploads', counted({ mode: 'atomic', sync: 'client', keepMs: 60_000 }), {
  atomicUploads: true,
  syncs: true,
});
// Without /proc the whole path of the host goes to the system, which takes 4095 bytes of it.
testFiles('disk without /proc', onDisk('portable'), { noLinks: true, maxPathBytes: 3500 });
