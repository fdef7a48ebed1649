// A server as its own process, whose disk, limits and surroundings a test can make fail, and honest clients of it.

import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Client } from '../../src/client/index.ts';
import type { Files, OpenOptions } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { type Actor, PASSWORDS } from '../helpers/server.ts';
import { type ServerProcess, startProcess } from '../helpers/server-process.ts';
import { connectActor } from './actors.ts';
import type { Fault } from './inject.cts';

export interface ServerUnderTest extends ServerProcess {
  readonly host: string;
  readonly homes: string;
  readonly logFile: string;
  homeOf(user: Actor): Promise<string>;
  /** The records of the log so far. */
  records(): Promise<Array<Record<string, unknown>>>;
  /** From now on these faults happen, and no others. Only with `injected`. */
  setFaults(...faults: readonly Fault[]): Promise<void>;
  /** A client of the project's own. */
  connect(user: Actor): Promise<Client>;
}

interface Options {
  readonly settings?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly prefix?: readonly string[];
  /** Words for Node itself. */
  readonly nodeWords?: readonly string[];
  /** Lets the test make system calls fail. */
  readonly injected?: boolean;
  /** Files beside the users', by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder of a server that was there before. */
  readonly folder?: string;
  /** The number of the user who the server will be, when that is another one. */
  readonly owner?: number;
}

export async function startUnderTest(
  t: Pick<ExecutionContext, 'teardown'>,
  options: Options = {},
): Promise<ServerUnderTest> {
  const { settings = {}, environment = {}, prefix = [], nodeWords = [], injected = false } = options;
  const folder = options.folder ?? (await temporaryFolder(t));
  if (options.folder === undefined) {
    const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
    await writeFile(join(folder, 'id_passwd.txt'), lines.join(''), { mode: 0o600 });
    if (options.owner !== undefined) {
      for (const path of [folder, join(folder, 'id_passwd.txt')]) await chown(path, options.owner, options.owner);
    }
  }
  for (const [name, content] of Object.entries(options.files ?? {})) {
    await writeFile(join(folder, name), content, { mode: 0o600 });
  }
  const logFile = settings['log-file'] ?? join(folder, 'log.jsonl');
  const faultFile = join(folder, 'faults.json');
  const words = Object.entries({ 'log-file': logFile, grace: '0', ...settings }).map(
    ([key, value]) => `--${key}=${value}`,
  );
  const server = await startProcess(t, {
    folder,
    words,
    prefix,
    environment: { ...environment, TEST_FAULTS: faultFile },
    nodeWords: [...nodeWords, ...(injected ? ['--require', inRepository('build/test/faults/inject.cjs')] : [])],
  });
  if (Number.isNaN(server.port)) throw new Error(`the server did not start: ${server.errors()}`);
  const homes = join(folder, 'homes');
  return {
    ...server,
    host: '127.0.0.1',
    homes,
    logFile,
    homeOf: async (user) => {
      await mkdir(join(homes, user), { recursive: true, mode: 0o700 });
      return join(homes, user);
    },
    records: async () => {
      const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    setFaults: (...faults) => writeFile(faultFile, JSON.stringify(faults)),
    connect: (user) => connectActor(t, { host: '127.0.0.1', port: server.port }, user),
  };
}

/** Uploads `content` as one write, and reads it back: what an honest session does while another has trouble. */
export async function worksFor(t: ExecutionContext, { files }: Client, name = 'honest'): Promise<void> {
  const content = Buffer.alloc(100_000, name);
  await put(files, name, content);
  t.deepEqual(await get(files, name), content, 'the honest session goes on');
}

export async function put(files: Files, name: string, content: Uint8Array, options: OpenOptions = {}): Promise<void> {
  const file = await files.open(parsePath(name), { write: true, create: true, truncate: true, ...options });
  try {
    await file.write(content, 0);
  } finally {
    await file.close();
  }
}

export async function get(files: Files, name: string): Promise<Buffer> {
  const file = await files.open(parsePath(name), { read: true });
  try {
    const content = Buffer.alloc((await file.stat()).sizeBytes);
    return content.subarray(0, await file.read(content, 0));
  } finally {
    await file.close();
  }
}
