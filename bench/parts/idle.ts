// What a session that does nothing costs in memory: many are opened, each with SFTP begun, and left alone.

import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { opensshOptions } from '../clients/openssh-options.ts';
import { readCost } from '../measure/process-tree.ts';
import { repeat } from '../measure/repeat.ts';
import { idleOperation } from '../operations.ts';
import { type StartedProcess, startProgram } from '../processes.ts';
import type { Server } from '../servers/server.ts';
import type { Stage } from '../stage.ts';

const AT_ONCE = 8;
/** What the login is like leaves nothing behind; the cheapest one makes a thousand of them bearable. */
const LOGIN = { keyExchange: 'curve25519-sha256' };
/** SSH_FXP_INIT for version 3: length 5, type 1, version 3. */
const INIT = Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]);
const LOOK_MS = 500;
const MAX_SETTLE_MS = 90_000;

/** Each number of sessions is measured once, on a fresh server: what is asked is how much, not how fast. */
export async function idle(stage: Stage): Promise<void> {
  for (const sessions of stage.sizes.idleSessions) {
    for (const running of stage.servers) {
      const server = await stage.startAgain(running);
      try {
        await measure(stage, server, sessions);
      } catch (error) {
        stage.ledger.fail(server.name, idleOperation(sessions), error);
      } finally {
        await server.stop();
      }
    }
  }
}

async function measure(stage: Stage, server: Server, sessions: number): Promise<void> {
  const open: StartedProcess[] = [];
  try {
    // The first one loads what is loaded once for all: it stays, and does not count.
    open.push(await openSession(stage, server));
    const { idleQuietMs } = stage.sizes;
    const before = await settledMemory(server.pid, idleQuietMs);
    const { cpuSeconds: cpuBefore } = readCost(server.pid);
    await repeat(sessions, AT_ONCE, async () => open.push(await openSession(stage, server)));
    const memoryBytes = await settledMemory(server.pid, idleQuietMs);
    const { cpuSeconds } = readCost(server.pid);
    await end(open.splice(1));
    // Of a server that has just started a collector may take longer to say that it rests.
    const without = Math.min(before, await settledMemory(server.pid, idleQuietMs));
    stage.ledger.record(
      { operation: idleOperation(sessions), subject: server.name, unit: 'KB/session', better: 'lower' },
      (memoryBytes - without) / 1000 / sessions,
      { cpuSeconds: cpuSeconds - cpuBefore, memoryBytes },
    );
  } finally {
    await end(open);
  }
}

async function end(sessions: readonly StartedProcess[]): Promise<void> {
  for (const { child } of sessions) child.kill();
  await Promise.all(sessions.map(({ ended }) => ended));
}

/** One `ssh -s sftp` that has said INIT and read VERSION. */
async function openSession({ privateKey }: Stage, server: Server): Promise<StartedProcess> {
  const options = [...opensshOptions(privateKey, LOGIN), '-p', String(server.port)];
  const words = [...options, '-s', `${server.user}@${server.host}`, 'sftp'];
  const started = await startProgram('ssh', words, { stdio: ['pipe', 'pipe', 'ignore'] });
  started.child.stdin?.on('error', () => undefined);
  started.child.stdin?.write(INIT);
  const isOpen = new Promise<boolean>((resolve) => {
    started.child.stdout?.once('data', () => resolve(true));
    started.child.stdout?.once('end', () => resolve(false));
  });
  if (await isOpen) return started;
  throw new Error(`a session was refused: ssh ended with ${await started.ended}`);
}

/**
 * The memory when it has not fallen for `quietMs`: what the logins left is given back when a collector finds that nothing
 * happens any more, which takes V8's some fifteen seconds.
 */
async function settledMemory(pid: number, quietMs: number): Promise<number> {
  const startedMs = performance.now();
  let { memoryBytes: least } = readCost(pid);
  let fellMs = startedMs;
  for (
    let nowMs = startedMs;
    nowMs - fellMs < quietMs && nowMs - startedMs < MAX_SETTLE_MS;
    nowMs = performance.now()
  ) {
    await delay(LOOK_MS);
    const { memoryBytes } = readCost(pid);
    if (memoryBytes >= least) continue;
    if (memoryBytes < least * 0.995) fellMs = performance.now();
    least = memoryBytes;
  }
  return least;
}
