// Homes with shared folders on the disk, as a server opens them, and rules that a test changes.

import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import { type FolderRules, type Homes, type HomesParts, openHomes } from '../../src/storage/homes.ts';
import type { FolderAt } from '../../src/storage/shared-folders.ts';
import { IN_PLACE } from '../../src/storage/upload-policy.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog } from '../helpers/test-log.ts';

export interface ChangingRules extends FolderRules {
  /** From now on `user` has these folders, at `/shared/NAME` or as `NAME=PATH` says. */
  give(user: string, ...folders: readonly string[]): void;
}

export function createFolderRules(): ChangingRules {
  const folders = new Map<string, readonly FolderAt[]>();
  const listeners = new Set<() => void>();
  return {
    of: (user) => folders.get(user) ?? [],
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    give: (user, ...given) => {
      folders.set(user, given.map(folderOf));
      for (const listener of listeners) listener();
    },
  };
}

function folderOf(text: string): FolderAt {
  const [name = '', path = `/shared/${name}`] = text.split('=');
  return { name, at: parsePath(path) };
}

export interface TestHomes {
  readonly homes: Homes;
  readonly rules: ChangingRules;
  /** On the disk. */
  readonly homesFolder: string;
  readonly sharedFolder: string;
}

export async function makeHomes(
  t: Pick<ExecutionContext, 'teardown'>,
  parts: Partial<HomesParts> = {},
): Promise<TestHomes> {
  const folder = await temporaryFolder(t);
  const [homesFolder, sharedFolder] = [await temporaryFolder(t), join(folder, 'folders')];
  const rules = createFolderRules();
  const homes = openHomes({
    directory: homesFolder,
    folders: { directory: sharedFolder, rules },
    jail: 'held',
    walkMode: 'auto',
    uploads: () => IN_PLACE,
    active: createActiveUploads(),
    sweeping: () => undefined,
    log: createTestLog(),
    ...parts,
  });
  t.teardown(() => homes.close());
  return { homes, rules, homesFolder, sharedFolder };
}
