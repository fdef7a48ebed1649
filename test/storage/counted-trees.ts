// Homes with quotas for tests: as server.ts puts them together, with a quota that a test can change, and an account of
// the disk that knows nothing of ours.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Quota } from '../../src/model/rules.ts';
import type { Tree, Usage } from '../../src/model/usage.ts';
import { openFarMeters, shareQuotas } from '../../src/server/worker-quotas.ts';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import { openDeepJail } from '../../src/storage/choose-jail.ts';
import { openTreeJail } from '../../src/storage/home.ts';
import { type Homes, openHomes } from '../../src/storage/homes.ts';
import type { Meters } from '../../src/storage/meter.ts';
import { openQuotas, type Quotas } from '../../src/storage/quotas.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createLocalCalls } from '../../src/storage/system-calls.ts';
import { IN_PLACE, type UploadPolicy } from '../../src/storage/upload-policy.ts';
import { linkedEnds } from '../cluster/linked.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog, type TestLog } from '../helpers/test-log.ts';

export const ALICE: Tree = 'home:alice';
export const NO_LIMIT: Quota = { bytes: undefined, files: undefined };

export interface Limited {
  quota: Quota;
  maxFileBytes?: number;
}

export interface CountedTrees {
  /** What holds; a test may change it, and then calls `quotas.limitsChanged()`. */
  readonly limits: Limited;
  readonly quotas: Quotas;
  /** Alice's home on the disk. */
  readonly home: string;
  readonly log: TestLog;
  /** A session of alice's. */
  session(): Promise<Storage>;
  /** Begins to sweep away what was cut off, however short a time ago. */
  sweepAll(): void;
  /** What is counted for alice. */
  used(): Promise<Usage | undefined>;
  /** The processes, when there are several. */
  readonly elsewhere: readonly ProcessElsewhere[];
  /** A server that is started again in the same folders; `stop` is what ends this one in good order. */
  again(): CountedTrees;
  stop(): Promise<void>;
}

export interface TreeOptions extends Limited {
  /** Sessions take turns in being those of so many processes; the numbers are kept in one of their own. 1 unless told. */
  readonly processes?: number;
  /** What such a process may pay ahead of a file. */
  readonly aheadBytes?: number;
  /** How long a tree must have been left before its numbers are saved. */
  readonly restMs?: number;
  /** Fails in place of a disk that can't be read. */
  readonly brokenDisk?: () => Error | undefined;
  readonly uploads?: UploadPolicy;
}

export async function makeTrees(t: Pick<ExecutionContext, 'teardown'>, options: TreeOptions): Promise<CountedTrees> {
  return openTrees(t, await temporaryFolder(t), options);
}

function openTrees(t: Pick<ExecutionContext, 'teardown'>, folder: string, options: TreeOptions): CountedTrees {
  const { uploads = IN_PLACE, brokenDisk = () => undefined, processes = 1, aheadBytes, restMs, ...limits } = options;
  const log = createTestLog();
  const [jail, walkMode, local] = ['held', 'auto', createLocalCalls()] as const;
  const quotas = openQuotas({
    quotaOf: () => limits.quota,
    trees: () => [ALICE],
    openTree: async (tree) => {
      const error = brokenDisk();
      if (error !== undefined) throw error;
      return openTreeJail({ directory: folder, name: tree.slice('home:'.length), jail, walkMode, local });
    },
    openDeep: (host) => openDeepJail(jail, host, { walkMode, local }),
    folder: join(folder, '.usage'),
    log,
    ...(aheadBytes !== undefined && { aheadBytes }),
    ...(restMs !== undefined && { restMs }),
  });
  const active = createActiveUploads();
  const openWith = (meters: Meters): Homes =>
    openHomes({
      directory: folder,
      folders: { directory: join(folder, '.shared'), rules: { of: () => [], onChange: () => () => undefined } },
      active,
      jail,
      walkMode,
      uploads: () => uploads,
      meters,
      maxFileBytes: () => limits.maxFileBytes ?? Number.POSITIVE_INFINITY,
      sweeping: () => () => 0,
      log,
    });
  const elsewhere = processes === 1 ? [] : Array.from({ length: processes }, () => processElsewhere(quotas, limits));
  const all = processes === 1 ? [openWith(quotas)] : elsewhere.map(({ meters }) => openWith(meters));
  const sessions: Storage[] = [];
  let opened = 0;
  const close = (): void => {
    for (const storage of sessions.splice(0)) storage.close();
  };
  t.teardown(close);
  return {
    limits,
    quotas,
    home: join(folder, 'alice'),
    log,
    session: async () => {
      const homes = all[opened % all.length] as Homes;
      opened += 1;
      const storage = await homes.open('alice');
      sessions.push(storage);
      return storage;
    },
    sweepAll: () => all[0]?.startSweeping(),
    used: async () => (await quotas.show())[0]?.used,
    elsewhere,
    again: () => openTrees(t, folder, options),
    stop: async () => {
      close();
      await Promise.all(all.map((homes) => homes.close()));
      await Promise.all(elsewhere.map(({ gone }) => gone()));
      await quotas.close();
    },
  };
}

/** A process that serves, elsewhere: all that its meters ask goes over a link. */
export interface ProcessElsewhere {
  readonly meters: Meters;
  /** How many messages it has sent and got. */
  readonly messages: () => number;
  /** It can ask nothing any more, in the midst of whatever it does. */
  readonly cut: () => void;
  /** It is gone, and touches no file any more. */
  readonly gone: () => Promise<void>;
}

function processElsewhere(quotas: Quotas, limits: Limited): ProcessElsewhere {
  const { here, there, arrived, cut } = linkedEnds();
  const takeBack = shareQuotas(here, quotas);
  const meters = openFarMeters(there, { ofTree: () => limits.quota });
  return { meters, messages: arrived, cut, gone: takeBack };
}

/** Counts what is below `folder` as docs/quotas.md has it. */
export async function usageOnDisk(folder: string): Promise<Usage> {
  const inodes = new Set<number>();
  let bytes = 0;
  for (const path of await readdir(folder, { recursive: true })) {
    const stats = await lstat(join(folder, path));
    if (inodes.has(stats.ino)) continue;
    inodes.add(stats.ino);
    if (stats.isFile()) bytes += stats.size;
  }
  return { bytes, files: inodes.size };
}
