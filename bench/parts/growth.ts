// What one small operation costs while something else grows tenfold: sessions, the folder, the path, open handles. A
// server that scales draws flat lines.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ssh2Session } from '../clients/ssh2-session.ts';
import { makeTree } from '../content.ts';
import { observe } from '../measure/observe.ts';
import type { Server } from '../servers/server.ts';
import { alternate, type Stage } from '../stage.ts';

const FILE_BYTES = 1024;

/** A session for the operations, and the file they go to. */
interface Situation {
  readonly session: Ssh2Session;
  readonly path: string;
}

interface Curve {
  readonly name: string;
  readonly axis: string;
  readonly sizes: (stage: Stage) => readonly number[];
  readonly prepare: (server: Server, size: number, open: () => Promise<Ssh2Session>) => Promise<Situation>;
}

const CURVES: readonly Curve[] = [
  {
    name: 'sessions',
    axis: 'sessions open',
    sizes: ({ sizes }) => sizes.growthSessions,
    prepare: async (server, size, open) => {
      const path = await makeOneFile(server, 'beside-sessions');
      const session = await open();
      for (let beside = 0; beside < size - 1; beside++) await open();
      return { session, path };
    },
  },
  {
    name: 'entries',
    axis: 'entries of the folder',
    sizes: ({ sizes }) => sizes.growthEntries,
    prepare: async (server, size, open) => {
      const folder = `entries-${size}`;
      await makeTree(join(server.home, folder), size - 1, 0);
      return { session: await open(), path: await makeOneFile(server, folder) };
    },
  },
  {
    name: 'depth',
    axis: 'folders on the path',
    sizes: ({ sizes }) => sizes.growthDepths,
    prepare: async (server, size, open) => {
      const folder = new Array(size).fill('d').join('/');
      return { session: await open(), path: await makeOneFile(server, folder) };
    },
  },
  {
    name: 'handles',
    axis: 'handles open in the session',
    sizes: ({ sizes }) => sizes.growthHandles,
    prepare: async (server, size, open) => {
      const path = await makeOneFile(server, 'beside-handles');
      const session = await open();
      for (let held = 0; held < size - 1; held++) await session.hold(path);
      return { session, path };
    },
  },
];

export async function growth(stage: Stage): Promise<void> {
  stage.ledger.note('an operation is OPEN, READ of 1 KiB and CLOSE, one after the other, by the ssh2 library');
  for (const curve of CURVES) {
    for (const size of curve.sizes(stage)) await measurePoint(stage, curve, size);
  }
}

/** All servers are brought into the situation first, so that their rounds can take turns. */
async function measurePoint(stage: Stage, { name, axis, prepare }: Curve, size: number): Promise<void> {
  const privateKey = await readFile(stage.privateKey);
  const opened: Ssh2Session[] = [];
  const situations = new Map<Server, Situation>();
  const operations = stage.sizes.growthOperations;
  try {
    await alternate(stage, stage.servers, `${axis}: ${size}`, async (server) => {
      const open = async (): Promise<Ssh2Session> => {
        const session = await Ssh2Session.open(server, privateKey);
        opened.push(session);
        return session;
      };
      const situation = situations.get(server) ?? (await prepare(server, size, open));
      situations.set(server, situation);
      const { session, path } = situation;
      await session.readStart(path);
      const sample = await observe(server.pid, async () => {
        for (let done = 0; done < operations; done++) await session.readStart(path);
      });
      const point = (what: string, unit: string) =>
        ({
          operation: `${axis}: ${size.toLocaleString('en')}, ${what}`,
          subject: server.name,
          unit,
          better: 'lower',
          curve: { name: `${name}: ${what} of an operation`, axis, x: size },
        }) as const;
      stage.ledger.record(point('time', 'µs'), (sample.seconds / operations) * 1e6, sample);
      stage.ledger.record(point('server CPU', 'µs'), (sample.cpuSeconds / operations) * 1e6, sample);
    });
  } finally {
    for (const session of opened) await session.close();
  }
}

/** A file in a folder of the home, made with what is above it; resolves to its path in a session. */
async function makeOneFile({ home }: Server, folder: string): Promise<string> {
  await mkdir(join(home, folder), { recursive: true });
  const path = `${folder}/one.bin`;
  await writeFile(join(home, path), Buffer.alloc(FILE_BYTES));
  return path;
}
