// One large file, down and up, with both ciphers that OpenSSH's client would choose from.

import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArrived, makeFile } from '../content.ts';
import { observe, type Sample } from '../measure/observe.ts';
import { BULK_CIPHERS, bulkOperation, type Direction } from '../operations.ts';
import { alternate, type Stage, withSession } from '../stage.ts';

export async function bulk(stage: Stage): Promise<void> {
  const { files, sizes, servers } = stage;
  const source = join(files, 'source.bin');
  const fetched = join(files, 'fetched.bin');
  await makeFile(source, sizes.bulkBytes);
  // One file under all names: memory holds it once.
  for (const { home } of servers) await link(source, join(home, 'source.bin'));

  for (const cipher of BULK_CIPHERS) {
    await alternate(stage, stage.servers, `bulk with ${cipher}`, (server, round) =>
      withSession(stage, server, { cipher }, async (session) => {
        const keep = (direction: Direction, sample: Sample): void =>
          stage.ledger.record(
            { operation: bulkOperation(direction, cipher), subject: server.name, unit: 'MB/s', better: 'higher' },
            sizes.bulkBytes / 1e6 / sample.seconds,
            sample,
          );
        await rm(fetched, { force: true });
        const get = await observe(server.pid, () => session.run(`get source.bin ${fetched}`));
        await checkArrived(fetched, source, round);
        await rm(fetched);
        keep('get', get);

        const sent = join(server.home, 'sent.bin');
        await rm(sent, { force: true });
        const put = await observe(server.pid, () => session.run(`put ${source} sent.bin`));
        await checkArrived(sent, source, round);
        await rm(sent);
        keep('put', put);
      }),
    );
  }
}
