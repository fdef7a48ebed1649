// Starts a server as a process and waits until it answers as one of SSH.

import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type StartedProcess, startProgram, stopProgram } from '../processes.ts';
import type { Ground, Server, ServerName } from './server.ts';

export const HOST = '127.0.0.1';
const START_DEADLINE_MS = 30_000;
const POLL_MS = 50;

interface Listening {
  readonly name: ServerName;
  readonly user: string;
  readonly port: number;
  readonly program: string;
  readonly words: readonly string[];
}

/** Starts it and resolves when it greets; what it prints is kept in `NAME.log` of its folder. */
export async function startListening(ground: Ground, { name, user, port, program, words }: Listening): Promise<Server> {
  const logFile = join(ground.folder, `${name}.log`);
  const log = await open(logFile, 'a');
  const started = await startProgram(program, words, {
    stdio: ['ignore', log.fd, log.fd],
    folder: ground.folder,
  }).finally(() => log.close());
  await untilGreeted(started, port).catch(async (error: unknown) => {
    await stopProgram(started);
    throw new Error(`${name} does not answer on port ${port}, see ${logFile}`, { cause: error });
  });
  return { name, user, port, host: HOST, pid: started.pid, home: ground.home, stop: () => stopProgram(started) };
}

async function untilGreeted(started: StartedProcess, port: number): Promise<void> {
  let hasEnded = false;
  void started.ended.then(() => {
    hasEnded = true;
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await greets(port))) {
    if (hasEnded) throw new Error('it ended at once');
    if (Date.now() > deadline) throw new Error(`no greeting within ${START_DEADLINE_MS} ms`);
    await delay(POLL_MS);
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.subarray(0, 4).toString('latin1') === 'SSH-');
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** A port that nobody listens on now. Servers that can't say which free port they got need one beforehand. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
