// `ls -l` of large folders, and whether the server's memory stays flat while it lists.

import { join } from 'node:path';
import { makeTree } from '../content.ts';
import { observe } from '../measure/observe.ts';
import { listingOperation } from '../operations.ts';
import { alternate, type Stage, withSession } from '../stage.ts';

export async function listing(stage: Stage): Promise<void> {
  const { sizes, servers } = stage;
  for (const entries of sizes.listings) {
    for (const { home } of servers) await makeTree(join(home, `folder-${entries}`), entries, 0);
    await alternate(stage, stage.servers, `listing ${entries}`, (server) =>
      withSession(stage, server, {}, async (session) => {
        let output = '';
        const sample = await observe(server.pid, async () => {
          output = await session.run(`ls -l folder-${entries}`);
        });
        const listed = output.match(/\.bin\n/g)?.length ?? 0;
        if (listed !== entries) throw new Error(`${listed} of ${entries} entries were listed`);
        const row = {
          operation: listingOperation(entries),
          subject: server.name,
          unit: 'entries/s',
          better: 'higher',
        } as const;
        stage.ledger.record(row, entries / sample.seconds, sample);
      }),
    );
  }
}
