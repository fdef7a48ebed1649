// What a part works on: servers that are started for it with folders of their own, a key, and a record of what it
// measures. All of it is in memory (tmpfs) where there is room, so that no disk is measured.

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from './clients/openssh-options.ts';
import { SftpSession } from './clients/sftp-session.ts';
import type { Sample } from './measure/observe.ts';
import type { Sizes } from './options.ts';
import { runWell } from './programs.ts';
import type { Row } from './report/row.ts';
import type { Peer, Server } from './servers/server.ts';

const SHARED_MEMORY = '/dev/shm';
const ROOM_BYTES = 8 * 1024 ** 3;

export interface Stage {
  /** Files of the client, on the same disk as the homes. */
  readonly files: string;
  readonly privateKey: string;
  readonly sizes: Sizes;
  readonly servers: readonly Server[];
  /** Starts one more server like a running one, with a home of its own. */
  startAgain(server: Server, prefix?: readonly string[]): Promise<Server>;
  /** Does the work with a session of the stock `sftp`, which ends with it. */
  withSession<T>(
    server: Pick<Server, 'host' | 'port' | 'user'>,
    algorithms: Algorithms,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T>;
  /** Work for every server in turn, as often as there are rounds: A B A B. Who fails is noted and left out from then on. */
  alternate(what: string, work: (server: Server, round: number) => Promise<void>): Promise<void>;
  /** Keeps one round of a row. */
  record(row: Pick<Row, 'operation' | 'subject' | 'unit' | 'better' | 'curve'>, value: number, sample: Sample): void;
  note(text: string): void;
}

interface StageOptions {
  readonly sizes: Sizes;
  readonly peers: readonly Peer[];
  print(line: string): void;
}

export interface StageResult {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** Builds the stage, does the work on it, and takes everything down again. */
export async function onStage(
  { sizes, peers, print }: StageOptions,
  work: (stage: Stage) => Promise<void>,
): Promise<StageResult> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    print(`  note: ${text}`);
  };
  const folder = await mkdtemp(join(await roomyFolder(note), 'sshome-bench-'));
  // On Ctrl-C too, when nothing below is reached.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  const servers: Server[] = [];
  try {
    const privateKey = join(folder, 'client-key');
    const hostKey = join(folder, 'host-key');
    for (const file of [privateKey, hostKey])
      await runWell('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    const publicKey = (await readFile(`${privateKey}.pub`, 'utf8')).trim();
    const files = join(folder, 'client');
    await mkdir(files);
    const startPeer = async (peer: Peer, prefix: readonly string[]): Promise<Server> => {
      const ground = await mkdtemp(join(folder, `${peer.name}-`));
      const home = join(ground, 'homes', 'bench');
      await mkdir(home, { recursive: true, mode: 0o700 });
      const server = await peer.start({ folder: ground, home, hostKey, publicKey, prefix });
      servers.push(server);
      return server;
    };
    for (const peer of peers) await startPeer(peer, []);
    await work({
      files,
      privateKey,
      sizes,
      servers: [...servers],
      note,
      startAgain: (server, prefix = []) => {
        const peer = peers.find(({ name }) => name === server.name);
        if (peer === undefined) throw new Error(`${server.name} is none of the peers`);
        return startPeer(peer, prefix);
      },
      withSession: async (server, algorithms, use) => {
        const session = await SftpSession.open(server, privateKey, algorithms);
        try {
          const result = await use(session);
          await session.close();
          return result;
        } finally {
          await session.abandon();
        }
      },
      alternate: async (what, turn) => {
        const left = servers.slice(0, peers.length);
        for (let round = 0; round < sizes.rounds; round++) {
          for (const server of [...left]) {
            try {
              await turn(server, round);
            } catch (error) {
              left.splice(left.indexOf(server), 1);
              note(`${server.name} failed at ${what}: ${(error as Error).message}`);
            }
          }
        }
      },
      record: (row, value, { cpuSeconds, memoryBytes }) => {
        const known = rows.findIndex(
          ({ operation, subject }) => operation === row.operation && subject === row.subject,
        );
        const before = rows[known] ?? { ...row, values: [], cpuSeconds: [], memoryBytes: [] };
        const after: Row = {
          ...before,
          values: [...before.values, value],
          cpuSeconds: [...before.cpuSeconds, cpuSeconds],
          memoryBytes: [...before.memoryBytes, memoryBytes],
        };
        if (known === -1) rows.push(after);
        else rows[known] = after;
      },
    });
  } finally {
    for (const server of servers) await server.stop();
    process.off('exit', remove);
    remove();
  }
  return { rows, notes };
}

/** Memory if it has room for a few times the largest file, else the folder for temporary files. */
async function roomyFolder(note: (text: string) => void): Promise<string> {
  const room = await statfs(SHARED_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  if (room >= ROOM_BYTES) return SHARED_MEMORY;
  note(`${SHARED_MEMORY} has less than 8 GiB free: the disk of ${tmpdir()} is measured too`);
  return tmpdir();
}
