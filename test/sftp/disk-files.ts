// The files of a real folder for a session under test: storage and operations, as the server puts them together.

import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ownerPolicy } from '../../src/access/policy.ts';
import type { Files } from '../../src/model/files.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { openHome } from '../../src/storage/home.ts';
import { temporaryFolder } from '../helpers/folder.ts';

/** A new home, removed with the test: its files, and where it lies. */
export async function openDiskFiles(t: ExecutionContext): Promise<{ readonly files: Files; readonly home: string }> {
  const homesDirectory = await temporaryFolder(t);
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
  t.teardown(() => storage.close());
  const files = createOperations({ policy: ownerPolicy, audit: () => undefined }).as({
    identity: { user: 'alice' },
    origin: { sessionId: 's1', address: '127.0.0.1' },
    face: 'sftp',
    storage,
  });
  return { files, home: join(homesDirectory, 'alice') };
}
