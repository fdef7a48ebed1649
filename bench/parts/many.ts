// Many clients at once, half of them fetching and half sending: what they move together, and whether any is left behind.

import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SftpSession } from '../clients/sftp-session.ts';
import { checkArrived, makeFile } from '../content.ts';
import { observe } from '../measure/observe.ts';
import { type Direction, MANY_OPERATIONS } from '../operations.ts';
import type { Server } from '../servers/server.ts';
import { alternate, type Stage } from '../stage.ts';

/** The one that all four servers have. */
const CIPHER = 'aes128-gcm@openssh.com';

export async function many(stage: Stage): Promise<void> {
  const { files, sizes, servers, ledger } = stage;
  const source = join(files, 'source.bin');
  await makeFile(source, sizes.manyBytes);
  for (const { home } of servers) await link(source, join(home, 'source.bin'));

  await alternate(stage, stage.servers, 'many clients', async (server, round) => {
    const fetched = join(files, 'fetched');
    await mkdir(fetched);
    const sessions: SftpSession[] = [];
    try {
      while (sessions.length < sizes.manyClients) {
        sessions.push(await SftpSession.open(server, stage.privateKey, { cipher: CIPHER }));
      }
      const jobs = sessions.map((session, index) => jobOf(server, { session, index, source, fetched }));
      const seconds = { get: [] as number[], put: [] as number[] };
      const sample = await observe(server.pid, () =>
        Promise.all(jobs.map(async ({ direction, run }) => seconds[direction].push(await timed(run)))),
      );
      for (const { arrived } of jobs) await checkArrived(arrived, source, round);
      for (const { direction, arrived } of jobs) if (direction === 'put') await rm(arrived);

      const bytes = sizes.manyBytes * jobs.length;
      const total = { operation: MANY_OPERATIONS.total, subject: server.name, unit: 'MB/s', better: 'higher' } as const;
      ledger.record(total, bytes / 1e6 / sample.seconds, sample);
      const spread = { operation: MANY_OPERATIONS.spread, subject: server.name, unit: 'x', better: 'lower' } as const;
      ledger.record(spread, Math.max(...[seconds.get, seconds.put].map(slowestByFastest)), sample);
      for (const session of sessions) await session.close();
    } finally {
      for (const session of sessions) await session.abandon();
      await rm(fetched, { recursive: true });
    }
  });
}

interface Job {
  readonly direction: Direction;
  /** Where the file is when the job is done. */
  readonly arrived: string;
  run(): Promise<unknown>;
}

interface JobOptions {
  readonly session: SftpSession;
  readonly index: number;
  readonly source: string;
  readonly fetched: string;
}

/** Every second one fetches; the others send. */
function jobOf(server: Server, { session, index, source, fetched }: JobOptions): Job {
  if (index % 2 === 0) {
    const arrived = join(fetched, `${index}.bin`);
    return { direction: 'get', arrived, run: () => session.run(`get source.bin ${arrived}`) };
  }
  const name = `sent-${index}.bin`;
  return { direction: 'put', arrived: join(server.home, name), run: () => session.run(`put ${source} ${name}`) };
}

/** Fetching and sending cost differently: only clients that do the same are compared. */
function slowestByFastest(seconds: readonly number[]): number {
  return Math.max(...seconds) / Math.min(...seconds);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
