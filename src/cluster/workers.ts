// The worker processes, as the primary sees them: started, handed connections, replaced when they end, ended together.
// Does not know what they serve. They run a program of this package, so nothing of the host is started.

import cluster, { type Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../model/log.ts';
import { Handover, type Taker } from './handover.ts';
import { type ConnectionMessage, ENDING, LIFE } from './life.ts';
import { Link, type LinkMessage } from './link.ts';
import { type End, Restarts } from './restarts.ts';

/** A worker that has not ended so long after the grace time does not hear any more. */
const PATIENCE_MS = 5000;

/** Workers can't be kept running; the message says why. */
export class WorkersError extends Error {
  override readonly name = 'WorkersError';
}

export interface WorkersParts {
  readonly count: number;
  /** The file of the program that each runs. */
  readonly program: string;
  /**
   * Shares what a worker needs with one that begins. Leases are given back when the link is closed; `gone` resolves when
   * the process has ended, and touches no file any more.
   */
  readonly introduce: (link: Link, gone: Promise<unknown>) => void;
  readonly log: Log;
}

interface Member {
  readonly worker: Worker;
  readonly link: Link;
  readonly ended: Promise<unknown>;
  readyMs: number | undefined;
  /** Why it could not start, if it said so. */
  reason: string | undefined;
}

export class Workers {
  /** Rejects with a WorkersError when workers can't be kept running; resolves when they were stopped. */
  readonly running: Promise<unknown>;
  readonly #parts: WorkersParts;
  readonly #handover = new Handover();
  readonly #members = new Set<Member>();
  readonly #stopping = new AbortController();
  readonly #allReady: Promise<void>;
  #onReady: () => void = () => undefined;

  constructor(parts: WorkersParts) {
    this.#parts = parts;
    cluster.setupPrimary({ exec: parts.program, args: [], serialization: 'advanced' });
    this.#allReady = new Promise((resolve) => {
      this.#onReady = () => {
        if (this.links.length === parts.count) resolve();
      };
    });
    const places = Array.from({ length: parts.count }, (_, index) => this.#keepRunning(index + 1));
    this.running = Promise.all(places);
    // Whoever waits for it is told; nobody need.
    this.running.catch(() => undefined);
  }

  /** Resolves when all take connections. @throws WorkersError */
  async ready(): Promise<void> {
    await Promise.race([this.#allReady, this.running]);
  }

  /** To each worker that takes connections. */
  get links(): readonly Link[] {
    return [...this.#members].filter(({ readyMs }) => readyMs !== undefined).map(({ link }) => link);
  }

  /** Hands a connection to one of the workers; resolves when it is closed. */
  take(socket: Socket): Promise<void> {
    return this.#handover.take(socket);
  }

  /** Lets transfers finish for the grace time, and ends every worker. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#handover.close();
    await Promise.all([...this.#members].map((member) => end(member, graceMs)));
    await Promise.allSettled([this.running]);
  }

  /** One worker after the other, until they are stopped. @throws WorkersError */
  async #keepRunning(place: number): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#stopping;
    const restarts = new Restarts();
    while (!signal.aborted) {
      const member = await this.#run();
      if (signal.aborted) return;
      const { exitCode, signalCode } = member.worker.process;
      const how = member.reason ?? (signalCode === null ? `exit status ${exitCode}` : `signal ${signalCode}`);
      log.error('a worker process has ended; its connections are lost', { worker: place, how });
      const delayMs = restarts.delayAfter(endOf(member));
      if (delayMs === undefined) throw new WorkersError(`the worker processes can't be started: ${how}`);
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Starts a worker; resolves when it has ended, and all that it held was given back. */
  async #run(): Promise<Member> {
    const worker = fork();
    const link = new Link((message) => send(worker, message));
    const member: Member = { worker, link, ended: endOfProcess(worker, link), readyMs: undefined, reason: undefined };
    const taker: Taker = { hand: (id, socket) => send(worker, { kind: 'connection', id }, socket) };
    link.share(LIFE, {
      ready: () => {
        member.readyMs = performance.now();
        this.#handover.join(taker);
        this.#onReady();
      },
      failed: (reason) => {
        member.reason = reason;
      },
      took: (id) => this.#handover.took(taker, id),
      closed: (id) => this.#handover.closed(taker, id),
    });
    this.#parts.introduce(link, member.ended);
    worker.on('message', (message: LinkMessage) => link.receive(message));
    worker.on('error', (error) => {
      member.reason ??= error.message;
    });
    this.#members.add(member);
    await member.ended;
    this.#members.delete(member);
    this.#handover.leave(taker);
    return member;
  }
}

function fork(): Worker {
  try {
    return cluster.fork();
  } catch (error) {
    throw new WorkersError('the system starts no worker process', { cause: error });
  }
}

/** What can't be sent has no one to read it: that the worker is gone is told by its end. */
function send(worker: Worker, message: LinkMessage | ConnectionMessage, socket?: Socket): void {
  if (worker.isConnected()) worker.send(message, socket, () => undefined);
  else socket?.destroy();
}

/** Resolves when the process has ended and its last message was read. */
async function endOfProcess(worker: Worker, link: Link): Promise<void> {
  // One that could not be started has no number, and the error is all that is heard of it.
  const wasStarted = worker.process.pid !== undefined;
  await heard(worker, wasStarted ? 'disconnect' : 'error');
  link.close();
  if (!wasStarted || worker.isDead()) return;
  // One that let go of its primary by itself is of no more use.
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), PATIENCE_MS);
  await heard(worker, 'exit');
  clearTimeout(timer);
}

function heard(worker: Worker, event: string): Promise<void> {
  return new Promise((resolve) => worker.once(event, () => resolve()));
}

async function end({ worker, link, ended }: Member, graceMs: number): Promise<void> {
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), graceMs + PATIENCE_MS);
  // One that has not begun knows nothing of this; one that has gone does not answer.
  await link
    .remote(ENDING)
    .end(graceMs)
    .catch(() => undefined);
  if (worker.isConnected()) worker.process.disconnect();
  await ended;
  clearTimeout(timer);
}

function endOf({ readyMs }: Member): End {
  return { livedMs: readyMs === undefined ? undefined : performance.now() - readyMs };
}
