// FileZilla's side of its conversation with fzsftp, the program that speaks SFTP for it: commands of one line go in, typed
// events come out, and the content of files passes through memory that both have mapped. Version 11 of that protocol.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { encodeBytes } from '../../src/model/bytes.ts';
import type { Lifetime } from './driver.ts';
import { EventReader, type FzsftpEvent } from './filezilla-events.ts';

const PROTOCOL_VERSION = 11;
/** The size of FileZilla's own buffers. */
const MEMORY_BYTES = 256 * 1024;
/** The descriptor of the memory in the child. */
const MEMORY_FD = 3;

export interface ListedEntry {
  readonly name: string;
  /** The line in the form of `ls -l`, from which FileZilla takes type, size, permissions and owner. */
  readonly longname: string;
  readonly mtimeSeconds: number;
}

export interface EngineStart {
  /** Where it keeps what it knows: `sshhostkeys`, and `sessions/` with settings. */
  readonly settings: string;
  /** Holds the mapped memory. */
  readonly folder: string;
}

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  /** What is answered in turn where it asks, if not the password. */
  readonly answers?: readonly string[];
  readonly privateKeyFile?: string;
  /** Whether a key of this description ("ssh-ed25519 255 SHA256:...") is the server's. */
  trusts(hostKey: string): boolean;
}

export interface Engine {
  connect(connection: Connection): Promise<void>;
  /** Runs one command and resolves to its reply; rejects with what fzsftp says when it fails. */
  run(...words: string[]): Promise<string>;
  list(remote: string): Promise<ListedEntry[]>;
  /** Carries one file, and its time as FileZilla does when it is told to keep times. */
  put(local: string, remote: string, isResumed?: boolean): Promise<void>;
  get(remote: string, local: string, isResumed?: boolean): Promise<void>;
}

/** What is under way: one command at a time. */
interface Job {
  readonly errors: string[];
  readonly entries: ListedEntry[];
  readonly transfer: Transfer | undefined;
  resolve(reply: string): void;
  reject(error: Error): void;
}

interface Transfer {
  readonly direction: 'put' | 'get';
  readonly file: FileHandle;
  /** Where the file is read or written next, in bytes. */
  at: number;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts fzsftp; it is killed at the end of `t`. */
export async function startEngine(t: Lifetime, { settings, folder }: EngineStart): Promise<Engine> {
  const memory = await open(join(folder, 'fzsftp-memory'), 'w+');
  t.teardown(() => memory.close());
  await memory.truncate(MEMORY_BYTES);
  const child = spawn('fzsftp', ['-v'], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', PUTTYDIR: settings, SSH_AUTH_SOCK: '' },
    stdio: ['pipe', 'pipe', 'pipe', memory.fd],
  }) as Child;
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const conversation = new Conversation(child, memory);
  await conversation.greeting();
  return {
    connect: (connection) => conversation.connect(connection),
    run: (...words) => conversation.command(words),
    list: (remote) => conversation.list(remote),
    put: (local, remote, isResumed = false) => conversation.put(local, remote, isResumed),
    get: (remote, local, isResumed = false) => conversation.get(remote, local, isResumed),
  };
}

class Conversation {
  readonly #child: Child;
  readonly #memory: FileHandle;
  readonly #reader = new EventReader();
  #job: Job | undefined;
  #connection: Connection | undefined;
  #answered = 0;
  #hostKey = '';
  #ended: Error | undefined;
  /** Events are answered one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(child: Child, memory: FileHandle) {
    this.#child = child;
    this.#memory = memory;
    child.stdout.on('data', (chunk: Buffer) => {
      for (const event of this.#reader.push(chunk)) this.#turn = this.#turn.then(() => this.#take(event));
    });
    child.stderr.resume();
    // A program that has gone says so below.
    child.stdin.on('error', () => {});
    const end = (reason: string): void => {
      this.#turn = this.#turn.then(() => {
        this.#ended = new Error(`fzsftp ended: ${reason}`);
        this.#fail(this.#ended);
      });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (status, signal) => end(String(status ?? signal)));
  }

  async greeting(): Promise<void> {
    const said = await this.#begin(() => {});
    if (said !== `fzSftp started, protocol_version=${PROTOCOL_VERSION}`) throw new Error(`not understood: ${said}`);
  }

  async connect(connection: Connection): Promise<void> {
    this.#connection = connection;
    if (connection.privateKeyFile !== undefined) await this.command(['keyfile', connection.privateKeyFile]);
    await this.command(['open', `${connection.user}@${connection.host}`, String(connection.port)]);
  }

  async command(words: readonly string[], transfer?: Transfer): Promise<string> {
    return (await this.#command(words, transfer)).reply;
  }

  async list(remote: string): Promise<ListedEntry[]> {
    return (await this.#command(['ls', remote])).entries;
  }

  async put(local: string, remote: string, isResumed: boolean): Promise<void> {
    const file = await open(encodeBytes(local));
    try {
      await this.command([isResumed ? 'reput' : 'put', local, remote], { direction: 'put', file, at: 0 });
      const { mtimeMs } = await file.stat();
      await this.command(['chmtime', String(Math.floor(mtimeMs / 1000)), remote]);
    } finally {
      await file.close();
    }
  }

  async get(remote: string, local: string, isResumed: boolean): Promise<void> {
    const seconds = Number(await this.command(['mtime', remote]));
    const file = await open(encodeBytes(local), isResumed ? 'r+' : 'w');
    try {
      const at = isResumed ? (await stat(encodeBytes(local))).size : 0;
      await this.command([isResumed ? 'reget' : 'get', remote, local], { direction: 'get', file, at });
    } finally {
      await file.close();
    }
    await utimes(encodeBytes(local), seconds, seconds);
  }

  async #command(words: readonly string[], transfer?: Transfer): Promise<{ reply: string; entries: ListedEntry[] }> {
    const [verb, ...rest] = words;
    const line = [verb, ...rest.map((word) => `"${word.replaceAll('"', '""')}"`)].join(' ');
    // FileZilla refuses these too: the line would end there.
    if (/[\r\n]/.test(line)) throw new Error('a line break in a name');
    const entries: ListedEntry[] = [];
    const reply = await this.#begin(() => this.#send(line), { entries, transfer });
    return { reply, entries };
  }

  #begin(
    start: () => void,
    { entries = [], transfer }: Partial<Pick<Job, 'entries' | 'transfer'>> = {},
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#job = { errors: [], entries, transfer, resolve, reject };
      start();
    });
  }

  #send(line: string): void {
    this.#child.stdin.write(Buffer.concat([encodeBytes(line), Buffer.from('\n')]));
  }

  #fail(error: Error): void {
    this.#job?.reject(error);
    this.#job = undefined;
  }

  #finish(reply: string): void {
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined) return;
    if (job.errors.length === 0) job.resolve(reply);
    else job.reject(new Error(job.errors.join('\n')));
  }

  async #take(event: FzsftpEvent): Promise<void> {
    try {
      await this.#answer(event);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #answer({ type, lines: [text = '', second = '', third = ''] }: FzsftpEvent): Promise<void> {
    switch (type) {
      case 'reply':
        return this.#finish(text);
      case 'done':
        // Not the number counts, it is 0 also for a chmod that went well, but whether there was an error.
        return this.#finish('');
      case 'error':
        this.#job?.errors.push(text);
        return;
      case 'listEntry':
        this.#job?.entries.push({ longname: text, mtimeSeconds: Number(second), name: third });
        return;
      case 'hostKey':
        this.#hostKey = text;
        return;
      case 'askHostKey':
      case 'askHostKeyChanged':
        return this.#send(this.#connection?.trusts(this.#hostKey) ? 'n' : '');
      case 'askPassword':
        return this.#send(this.#connection?.answers?.[this.#answered++] ?? this.#connection?.password ?? '');
      case 'quotaReceive':
        return this.#send('-0-');
      case 'quotaSend':
        return this.#send('-1-');
      case 'ioOpen':
        return this.#openFile(text);
      case 'ioNextBuffer':
        return this.#nextBuffer(Number(text));
      case 'ioFinalize':
        await this.#store(Number(text));
        return this.#send('-1');
      case 'ioSize':
      case 'other':
        return;
      default:
        return type satisfies never;
    }
  }

  /** An upload tells where it goes on, a download is told. */
  #openFile(offset: string): void {
    const transfer = this.#job?.transfer;
    if (transfer?.direction === 'put') transfer.at = Number(offset);
    this.#send(transfer === undefined ? '--' : `-${MEMORY_FD} ${MEMORY_BYTES} ${transfer.at}`);
  }

  async #nextBuffer(filledBytes: number): Promise<void> {
    const transfer = this.#job?.transfer;
    if (transfer === undefined) return this.#send('--1');
    if (transfer.direction === 'get') {
      await this.#store(filledBytes);
      return this.#send(`-0 ${MEMORY_BYTES}`);
    }
    const { bytesRead, buffer } = await transfer.file.read(Buffer.alloc(MEMORY_BYTES), 0, MEMORY_BYTES, transfer.at);
    await this.#memory.write(buffer, 0, bytesRead, 0);
    transfer.at += bytesRead;
    this.#send(bytesRead === 0 ? '-0' : `-0 ${bytesRead}`);
  }

  /** Writes what fzsftp has put into the memory to the local file. */
  async #store(filledBytes: number): Promise<void> {
    const transfer = this.#job?.transfer;
    if (transfer === undefined || filledBytes === 0) return;
    const { bytesRead, buffer } = await this.#memory.read(Buffer.alloc(filledBytes), 0, filledBytes, 0);
    await transfer.file.write(buffer, 0, bytesRead, transfer.at);
    transfer.at += bytesRead;
  }
}
