// The life of a one-shot command: connect, do the work, hang up, and turn whatever went wrong into a message and an
// exit status.

import type { Client } from '../client/client.ts';
import { type ConnectionFlags, connectionFlags } from './connection-options.ts';
import { controllingTerminal } from './controlling-terminal.ts';
import { EXIT } from './exit-code.ts';
import { describeFailure, exitCodeOf } from './failure.ts';
import { openClient } from './open-client.ts';
import { InterruptedError } from './prompt.ts';
import type { RemoteArgument } from './remote-argument.ts';

export type OpenClient = (remote: RemoteArgument) => Promise<Client>;

/**
 * Runs `work`, which opens the clients it needs; resolves to the exit status: its own, or that of what it throws.
 * ^C ends it in order, a second one at once.
 */
export async function runWithClients(
  args: Readonly<Record<string, unknown>>,
  work: (open: OpenClient, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) endAtOnce();
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  // Whoever reads the output may go away, or its disk be full, while files are on their way.
  let outputFailure: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error) => {
    outputFailure ??= error;
  });
  process.stderr.on('error', () => undefined);
  const status = await runWork(args, work, interrupted.signal);
  process.off('SIGINT', interrupt);
  if (status !== EXIT.ok || outputFailure === undefined || outputFailure.code === 'EPIPE') return status;
  process.stderr.write(`sshome: standard output: ${outputFailure.message}\n`);
  return EXIT.failed;
}

/** By the signal itself: `process.exit` waits for threads in system calls, as on a disk that hangs. Shells tell 130, too. */
function endAtOnce(): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

async function runWork(
  args: Readonly<Record<string, unknown>>,
  work: (open: OpenClient, signal: AbortSignal) => Promise<number>,
  signal: AbortSignal,
): Promise<number> {
  const clients: Client[] = [];
  try {
    const flags: ConnectionFlags = connectionFlags(args);
    const asking = controllingTerminal();
    return await work(async (remote) => {
      const client = await openClient(remote, flags, {
        environment: process.env,
        asking,
        signal,
      });
      clients.push(client);
      return client;
    }, signal);
  } catch (error) {
    if (error instanceof InterruptedError) return EXIT.interrupted;
    const code = exitCodeOf(error);
    process.stderr.write(`sshome: ${code === EXIT.interrupted ? 'interrupted' : describeFailure(error)}\n`);
    return code;
  } finally {
    await Promise.all(clients.map((client) => client.quit()));
  }
}
