// One file down and up over a round trip of 100 ms, where a transfer is as fast as what is under way at a time.

import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArrived, makeFile } from '../content.ts';
import { observe } from '../measure/observe.ts';
import { startRelay } from '../measure/relay.ts';
import { type Direction, distanceOperation } from '../operations.ts';
import { alternate, type Stage, withSession } from '../stage.ts';

const ROUND_TRIP_MS = 100;

export async function distance(stage: Stage): Promise<void> {
  const { files, sizes, servers, ledger } = stage;
  const source = join(files, 'source.bin');
  const fetched = join(files, 'fetched.bin');
  await makeFile(source, sizes.distanceBytes);
  for (const { home } of servers) await link(source, join(home, 'source.bin'));

  await alternate(stage, stage.servers, 'distance', async (server, round) => {
    const relay = await startRelay({ host: server.host, port: server.port, delayMs: ROUND_TRIP_MS / 2 });
    try {
      await withSession(stage, { ...relay, user: server.user }, {}, async (session) => {
        const sent = join(server.home, 'sent.bin');
        const measure = async (direction: Direction, command: string, arrived: string): Promise<void> => {
          const sample = await observe(server.pid, () => session.run(command));
          await checkArrived(arrived, source, round);
          await rm(arrived);
          const operation = distanceOperation(direction);
          const row = { operation, subject: server.name, unit: 'MB/s', better: 'higher' } as const;
          ledger.record(row, sizes.distanceBytes / 1e6 / sample.seconds, sample);
        };
        await measure('get', `get source.bin ${fetched}`, fetched);
        await measure('put', `put ${source} sent.bin`, sent);
      });
    } finally {
      await relay.close();
    }
  });
}
