// What a part works on: servers that are started for it with folders of their own, a key, and a ledger for what it
// measures.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Algorithms, Target } from './clients/openssh-options.ts';
import { SftpSession } from './clients/sftp-session.ts';
import type { Sizes } from './options.ts';
import type { Ledger } from './report/ledger.ts';
import type { RunKeys } from './run-folder.ts';
import type { Peer, Server } from './servers/server.ts';

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
  /** A stage has a folder of its own in it. */
  readonly folder: string;
  readonly keys: RunKeys;
}

/** Builds the stage, does the work on it, and takes everything down again. */
export async function onStage(
  { sizes, peers, ledger, folder, keys }: StageOptions,
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const ground = await mkdtemp(join(folder, 'stage-'));
  const files = join(ground, 'client');
  await mkdir(files);
  const started: Server[] = [];
  const start = async (peer: Peer): Promise<Server> => {
    const own = await mkdtemp(join(ground, `${peer.name}-`));
    const home = join(own, 'homes', 'bench');
    await mkdir(home, { recursive: true, mode: 0o700 });
    const server = await peer.start({ folder: own, home, keys });
    started.push(server);
    return server;
  };
  const startAgain = ({ name }: Server): Promise<Server> => {
    const peer = peers.find((one) => one.name === name);
    if (peer === undefined) throw new Error(`${name} is none of the servers`);
    return start(peer);
  };
  try {
    for (const peer of peers) await start(peer).catch((error: unknown) => ledger.fail(peer.name, 'starting', error));
    await work({ ledger, sizes, files, privateKey: keys.clientKey, servers: [...started], startAgain });
  } finally {
    for (const server of started) await server.stop();
    await rm(ground, { recursive: true, maxRetries: 3 });
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
