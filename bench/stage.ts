// What a part works on: servers that are started for it with folders of their own, a key, and a ledger for what it
// measures. All of it is in memory (tmpfs) where there is room, so that no disk is measured.

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms, Target } from './clients/openssh-options.ts';
import { SftpSession } from './clients/sftp-session.ts';
import type { Sizes } from './options.ts';
import { runWell } from './programs.ts';
import type { Ledger } from './report/ledger.ts';
import type { Peer, Server } from './servers/server.ts';

const SHARED_MEMORY = '/dev/shm';
const ROOM_BYTES = 8 * 1024 ** 3;

export interface Stage {
  readonly ledger: Ledger;
  readonly sizes: Sizes;
  /** A folder for the client's files, on the same disk as the homes. */
  readonly files: string;
  readonly privateKey: string;
  readonly servers: readonly Server[];
  /** Starts one more server like a running one, with a home of its own. */
  startAgain(server: Server): Promise<Server>;
}

interface StageOptions {
  readonly sizes: Sizes;
  readonly peers: readonly Peer[];
  readonly ledger: Ledger;
}

/** Builds the stage, does the work on it, and takes everything down again. */
export async function onStage(
  { sizes, peers, ledger }: StageOptions,
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(await roomyFolder(ledger), 'sshome-bench-'));
  // On Ctrl-C too, when nothing below is reached.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  const started: Server[] = [];
  try {
    const privateKey = join(folder, 'client-key');
    const hostKey = join(folder, 'host-key');
    await makeKey(privateKey);
    await makeKey(hostKey);
    const publicKey = (await readFile(`${privateKey}.pub`, 'utf8')).trim();
    const files = join(folder, 'client');
    await mkdir(files);

    const start = async (peer: Peer): Promise<Server> => {
      const ground = await mkdtemp(join(folder, `${peer.name}-`));
      const home = join(ground, 'homes', 'bench');
      await mkdir(home, { recursive: true, mode: 0o700 });
      const server = await peer.start({ folder: ground, home, hostKey, publicKey });
      started.push(server);
      return server;
    };
    const startAgain = ({ name }: Server): Promise<Server> => {
      const peer = peers.find((one) => one.name === name);
      if (peer === undefined) throw new Error(`${name} is none of the servers`);
      return start(peer);
    };
    for (const peer of peers) await start(peer);
    await work({ ledger, sizes, files, privateKey, servers: [...started], startAgain });
  } finally {
    for (const server of started) await server.stop();
    process.off('exit', remove);
    remove();
  }
}

/**
 * Does the work for every subject in turn, as often as there are rounds: A B A B. Who fails is noted, and left out from
 * then on.
 */
export async function alternate<Subject extends { readonly name: string }>(
  { sizes, ledger }: Stage,
  subjects: readonly Subject[],
  what: string,
  work: (subject: Subject, round: number) => Promise<void>,
): Promise<void> {
  const left = new Set(subjects);
  for (let round = 0; round < sizes.rounds; round++) {
    for (const subject of left) {
      try {
        await work(subject, round);
      } catch (error) {
        left.delete(subject);
        ledger.fail(subject.name, what, error);
      }
    }
  }
}

/** Does the work with a session of the stock `sftp`, which ends with it. */
export async function withSession<T>(
  { privateKey }: Stage,
  target: Target,
  algorithms: Algorithms,
  work: (session: SftpSession) => Promise<T>,
): Promise<T> {
  const session = await SftpSession.open(target, privateKey, algorithms);
  try {
    const result = await work(session);
    await session.close();
    return result;
  } finally {
    await session.abandon();
  }
}

async function makeKey(file: string): Promise<void> {
  await runWell('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

/** Memory if it has room for a few times the largest file, else the folder for temporary files. */
async function roomyFolder({ note }: Ledger): Promise<string> {
  const room = await statfs(SHARED_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  if (room >= ROOM_BYTES) return SHARED_MEMORY;
  note(`${SHARED_MEMORY} has less than 8 GiB free: the disk of ${tmpdir()} is measured too`);
  return tmpdir();
}
