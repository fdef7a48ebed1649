// Hashes passwords off the event loop, in threads of our own: on libuv's pool a flood of logins would stop every file
// operation of every user. Bounded: one job for each thread, a queue, and beyond that a refusal.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Argon2MissingError } from './password.ts';
import { type PasswordHash, writeHash } from './password-hash.ts';
import type { PasswordJob, PasswordResult } from './password-worker.ts';

/** Hashes and checks passwords, without blocking. */
export interface Passwords {
  /** A PHC string for a new password. @throws OverloadedError */
  hash(password: string): Promise<string>;
  /** @throws OverloadedError, Argon2MissingError */
  verify(password: string, hash: PasswordHash): Promise<boolean>;
}

/** More passwords wait to be hashed than the queue takes. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';

  constructor() {
    super('too many passwords wait to be checked');
  }
}

interface Task {
  readonly job: PasswordJob;
  readonly resolve: (result: PasswordResult) => void;
  readonly reject: (error: Error) => void;
}

/** Threads start when there is work, at most one for each core, and do not keep the process alive while idle. */
export class PasswordPool implements Passwords {
  readonly #maxThreads: number;
  readonly #maxQueue: number;
  readonly #queue: Task[] = [];
  readonly #idle: Worker[] = [];
  /** Every thread, with the task it works on. */
  readonly #threads = new Map<Worker, Task | undefined>();
  #closed = false;

  constructor({ threads = availableParallelism(), maxQueue = 64 }: { threads?: number; maxQueue?: number } = {}) {
    this.#maxThreads = threads;
    this.#maxQueue = maxQueue;
  }

  async hash(password: string): Promise<string> {
    const result = await this.#run({ password, hash: undefined });
    if (result.kind !== 'hashed') throw new TypeError(`a thread answered ${result.kind}`);
    return result.hash;
  }

  async verify(password: string, hash: PasswordHash): Promise<boolean> {
    const result = await this.#run({ password, hash: writeHash(hash) });
    if (result.kind === 'argon2-missing') throw new Argon2MissingError();
    if (result.kind !== 'verified') throw new TypeError(`a thread answered ${result.kind}`);
    return result.matches;
  }

  /** Ends the threads; what they were doing fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) task.reject(new Error('the password pool is closed'));
    await Promise.all([...this.#threads.keys()].map((thread) => thread.terminate()));
  }

  #run(job: PasswordJob): Promise<PasswordResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error('the password pool is closed');
      const thread = this.#idle.pop() ?? (this.#threads.size < this.#maxThreads ? this.#start() : undefined);
      const task = { job, resolve, reject };
      if (thread !== undefined) this.#give(thread, task);
      else if (this.#queue.length < this.#maxQueue) this.#queue.push(task);
      else throw new OverloadedError();
    });
  }

  #give(thread: Worker, task: Task): void {
    this.#threads.set(thread, task);
    thread.ref();
    thread.postMessage(task.job);
  }

  #start(): Worker {
    const thread = new Worker(new URL('./password-worker.js', import.meta.url));
    this.#threads.set(thread, undefined);
    thread.on('message', (result: PasswordResult) => {
      this.#threads.get(thread)?.resolve(result);
      this.#next(thread);
    });
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, new Error('a password thread ended')));
    return thread;
  }

  #next(thread: Worker): void {
    const task = this.#queue.shift();
    if (task === undefined) {
      this.#threads.set(thread, undefined);
      this.#idle.push(thread);
      thread.unref();
    } else {
      this.#give(thread, task);
    }
  }

  /** A thread that died takes its job along; those that wait get a new thread. */
  #lost(thread: Worker, error: Error): void {
    const task = this.#threads.get(thread);
    if (!this.#threads.delete(thread)) return;
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    task?.reject(error);
    const waiting = this.#closed ? undefined : this.#queue.shift();
    if (waiting !== undefined) this.#give(this.#start(), waiting);
  }
}
