// Thousands of small files: sent as a folder, fetched as a folder, deleted one by one.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTree } from '../content.ts';
import { observe } from '../measure/observe.ts';
import { SMALL_OPERATIONS } from '../operations.ts';
import type { Server } from '../servers/server.ts';
import { alternate, type Stage, withSession } from '../stage.ts';

const FILE_BYTES = 1024;

export async function small(stage: Stage): Promise<void> {
  const { files, sizes } = stage;
  const source = join(files, 'tree');
  const fetched = join(files, 'fetched');
  await makeTree(source, sizes.smallFiles, FILE_BYTES);

  await alternate(stage, stage.servers, 'small files', (server) =>
    withSession(stage, server, {}, async (session) => {
      const sent = join(server.home, 'sent');
      await rm(sent, { recursive: true, force: true });
      await rm(fetched, { recursive: true, force: true });
      await measure(stage, server, SMALL_OPERATIONS.put, () => session.run(`put -r ${source} sent`));
      await checkCount(sent, sizes.smallFiles);
      await measure(stage, server, SMALL_OPERATIONS.get, () => session.run(`get -r sent ${fetched}`));
      await checkCount(fetched, sizes.smallFiles);
      await measure(stage, server, SMALL_OPERATIONS.delete, () => session.run('rm sent/*'));
      await checkCount(sent, 0);
      await session.run('rmdir sent');
    }),
  );
}

async function measure(stage: Stage, server: Server, operation: string, work: () => Promise<unknown>): Promise<void> {
  const sample = await observe(server.pid, work);
  const row = { operation, subject: server.name, unit: 'files/s', better: 'higher' } as const;
  stage.ledger.record(row, stage.sizes.smallFiles / sample.seconds, sample);
}

async function checkCount(folder: string, count: number): Promise<void> {
  const names = await readdir(folder);
  if (names.length !== count) throw new Error(`${folder} has ${names.length} files, not ${count}`);
}
