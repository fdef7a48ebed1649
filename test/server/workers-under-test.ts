// A server of several processes, and what a test asks of it.

import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { askServer } from '../../src/control/ask.ts';
import type { SessionInfo } from '../../src/model/account.ts';
import { type ServerUnderTest, startUnderTest } from '../faults/server-under-test.ts';
import { inRepository } from '../helpers/folder.ts';

export interface WorkersUnderTest extends ServerUnderTest {
  /** The process ids of the workers. */
  workers(): Promise<number[]>;
  /** The live sessions, as the command line is told. */
  sessions(): Promise<readonly SessionInfo[]>;
}

/** Starts the program with two workers; connections of the test are not limited unless told. */
export async function startWorkers(
  t: ExecutionContext,
  settings: Readonly<Record<string, string>> = {},
  options: { readonly folder?: string } = {},
): Promise<WorkersUnderTest> {
  const server = await startUnderTest(t, {
    ...options,
    settings: {
      workers: '2',
      'max-startups': '1000:30:2000',
      'max-startups-per-source': '1000',
      'connections-per-second': '1000',
      ...settings,
    },
    nodeWords: ['--require', inRepository('build/test/server/crashing-worker.cjs')],
  });
  const { pid } = server.child;
  return {
    ...server,
    workers: async () => {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return children
        .split(' ')
        .filter((pid) => pid !== '')
        .map(Number);
    },
    sessions: async () => {
      const sessions = await askServer(join(server.folder, 'state'), { verb: 'session list' });
      return sessions.map((session) => ({ ...session, since: new Date(session.since) }));
    },
  };
}

/** What became of a connection that says nothing: greeted, or what was said before it was closed. */
export interface SilentConnection {
  readonly socket: Socket;
  readonly outcome: Promise<string>;
}

/** Connects, and stays as it is until the test ends it. `says` is sent at once. */
export function connectSilently(
  t: Pick<ExecutionContext, 'teardown'>,
  { host, port }: Pick<ServerUnderTest, 'host' | 'port'>,
  says = '',
): SilentConnection {
  const socket = connectTcp(port, host);
  t.teardown(() => socket.destroy());
  if (says !== '') socket.write(says);
  const outcome = new Promise<string>((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (text.startsWith('SSH-')) resolve('greeted');
    });
    socket.on('error', () => undefined).once('close', () => resolve(text));
  });
  return { socket, outcome };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
