// The soak: a real server as its own process, a load process against it, round after round. After each round every
// connection has ended and the server is sampled at rest; amid each round it is sampled under load.

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ServerUnderTest, startUnderTest } from '../faults/server-under-test.ts';
import { inRepository } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { until } from '../helpers/until.ts';
import type { Progress, Round } from './load.ts';
import { SOCKET_VARIABLE } from './report-memory.ts';
import { descriptorsOf, type Sample, type Sampled, sample } from './sampler.ts';
import { addTally, emptyTally, operationsOf, sessionsOf, type Tally } from './tally.ts';

export interface SoakOptions {
  /** Session channels to open, and operations to do in them; at least so many. */
  readonly sessions: number;
  readonly operations: number;
  /** In so many equal parts, three at least, with the server at rest after each. */
  readonly rounds: number;
  /** Connections at a time. */
  readonly connections: number;
  readonly seed: number;
  /** Called with each pair of samples as it is taken. */
  readonly onSample?: (point: Point) => void;
  /** Ends the run after the round that is under way. */
  readonly signal?: AbortSignal;
}

/** The state of things after so much load. */
export interface Point {
  readonly operations: number;
  readonly sessions: number;
  readonly seconds: number;
  /** Amid the round, about half a round of operations before `operations`. */
  readonly underLoad: Sample;
  /** After the round: nobody is connected, and garbage is collected. */
  readonly atRest: Sample;
}

export interface SoakResult {
  readonly options: Omit<SoakOptions, 'onSample' | 'signal'>;
  readonly machine: string;
  readonly seconds: number;
  /** At rest, after a first small round that is not counted: threads are started and code is compiled. */
  readonly before: Sample;
  readonly points: readonly Point[];
  /** At rest, after one more session whose upload came back as it was sent. */
  readonly after: Sample;
  readonly tally: Tally;
  /** Records that are errors in the server's log file as it is at the end: its last 16 MiB at most. */
  readonly loggedErrors: number;
}

/** What a server on the internet would refuse one address: that many connections in a second. */
const SETTINGS: Readonly<Record<string, string>> = {
  'connections-per-second': '1000',
  'max-startups': '1000:30:2000',
  'max-startups-per-source': '1000',
  'penalty-exempt': '127.0.0.0/8',
  'log-file-size': '16M',
  'log-files': '2',
};

type Teardown = Pick<ExecutionContext, 'teardown'>;

/** Starts the server, which goes on until the teardown. */
export async function startSoaked(t: Teardown): Promise<{ server: ServerUnderTest; sampled: Sampled; key: string }> {
  // In the folder of the server, which is not known before: a name without a slash is in the working folder.
  const server = await startUnderTest(t, {
    settings: SETTINGS,
    environment: { [SOCKET_VARIABLE]: 'memory.sock' },
    nodeWords: ['--expose-gc', '--import', inRepository('build/test/soak/report-memory.js')],
  });
  const { pid } = server.child;
  if (pid === undefined) throw new Error('the server has no process');
  const pair = makeKeyPair('ed25519');
  const keys = join(server.folder, 'authorized_keys');
  await mkdir(keys, { mode: 0o700 });
  await writeFile(join(keys, 'alice'), `${pair.public}\n`, { mode: 0o600 });
  const state = join(server.folder, 'state');
  const socket = join(server.folder, 'memory.sock');
  return { server, sampled: { pid, homes: server.homes, state, socket }, key: pair.private };
}

export async function soak(
  t: Teardown,
  { server, sampled, key }: Awaited<ReturnType<typeof startSoaked>>,
  { onSample, signal, ...options }: SoakOptions,
): Promise<SoakResult> {
  const load = fork(inRepository('build/test/soak/load.js'));
  t.teardown(() => load.kill('SIGKILL'));
  const part = { host: server.host, port: server.port, key, connections: options.connections };
  await runRound(load, { ...part, seed: options.seed, ...sizeOfWarmUp(options) }, async () => {});
  await startThreads(server, sampled);
  await emptyHomes(sampled.homes);
  const before = await sampleAtRest(sampled, undefined);

  const tally = emptyTally();
  const points: Point[] = [];
  const start = process.hrtime.bigint();
  const seconds = (): number => Number(process.hrtime.bigint() - start) / 1e9;
  for (let round = 1; round <= options.rounds && signal?.aborted !== true; round += 1) {
    // What the rounds before did beyond their part is not done again.
    const open = {
      sessions: Math.max(Math.round((options.sessions * round) / options.rounds) - sessionsOf(tally), 1),
      operations: Math.max(Math.round((options.operations * round) / options.rounds) - operationsOf(tally), 1),
    };
    const amid: Sample[] = [];
    const did = await runRound(load, { ...part, seed: options.seed + round, ...open }, async () => {
      amid.push(await sample(sampled, { collected: false }));
    });
    addTally(tally, did);
    await emptyHomes(sampled.homes);
    const atRest = await sampleAtRest(sampled, before.descriptors);
    const point = {
      operations: operationsOf(tally),
      sessions: sessionsOf(tally),
      seconds: seconds(),
      underLoad: amid[0] ?? atRest,
      atRest,
    };
    points.push(point);
    onSample?.(point);
  }
  await workHonestly(server);
  const after = await sampleAtRest(sampled, before.descriptors);
  const loggedErrors = (await server.records()).filter(({ level }) => level === 'error').length;
  return { options, machine: machine(), seconds: seconds(), before, points, after, tally, loggedErrors };
}

/** A tenth of a round, but enough to start every thread. */
function sizeOfWarmUp({ sessions, operations, rounds }: SoakOptions): Pick<Round, 'sessions' | 'operations'> {
  return {
    sessions: Math.max(Math.round(sessions / rounds / 10), 60),
    operations: Math.max(Math.round(operations / rounds / 10), 1000),
  };
}

/** Has the server start the threads that it hashes passwords in, one for each processor: the load may happen to need fewer. */
async function startThreads(server: ServerUnderTest, sampled: Sampled): Promise<void> {
  await until(async () => {
    await Promise.all(
      Array.from({ length: 2 * availableParallelism() }, async () => (await server.connect('bob')).quit()),
    );
    return (await sample(sampled, { collected: false })).workerThreads === availableParallelism();
  });
}

/** Sends a round to the load process; `atHalf` runs amid it. */
async function runRound(load: ChildProcess, round: Round, atHalf: () => Promise<void>): Promise<Tally> {
  let half = Promise.resolve();
  const tally = await new Promise<Tally>((resolve, reject) => {
    const onExit = (): void => reject(new Error('the load process ended'));
    const onMessage = (progress: Progress): void => {
      if (progress.kind === 'half') {
        half = atHalf();
        half.catch(reject);
        return;
      }
      load.off('message', onMessage);
      load.off('exit', onExit);
      resolve(progress.tally);
    };
    load.on('message', onMessage);
    load.once('exit', onExit);
    load.send(round);
  });
  await half;
  return tally;
}

/**
 * Waits until nobody is connected and no more is open than `descriptors`, if given. What is not given back after the
 * deadline is what the sample shows.
 */
async function sampleAtRest(server: Sampled, descriptors: number | undefined): Promise<Sample> {
  let last: Sample | undefined;
  const isAtRest = async (): Promise<boolean> => {
    last = await sample(server, { collected: true });
    const held = await descriptorsOf(server);
    const isOver = last.liveConnections === 0 && held.homeDescriptors === 0;
    return isOver && last.descriptors <= (descriptors ?? last.descriptors);
  };
  await until(isAtRest).catch(() => {});
  return last ?? sample(server, { collected: true });
}

/** A session of another user, with the published client. @throws when it gets back other bytes than it sent */
async function workHonestly(server: ServerUnderTest): Promise<void> {
  const client = await server.connect('bob');
  const content = randomBytes(1_000_000);
  await client.upload(content, '/honest');
  const back = await client.download('/honest');
  await client.quit();
  if (!content.equals(back)) throw new Error('the server gave back other bytes than it was sent');
}

/** So that the homes of a long run don't fill the disk with what cut connections left. */
async function emptyHomes(homes: string): Promise<void> {
  for (const home of await readdir(homes)) {
    for (const name of await readdir(join(homes, home))) await rm(join(homes, home, name), { recursive: true });
  }
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const [kernel] = release().split('-');
  return `${availableParallelism()} x ${model}, Linux ${kernel}, Node ${process.versions.node}`;
}
