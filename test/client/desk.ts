// Where a transfer is tested: a client of alice's, her home on the server's disk, and a local folder.

import type { ExecutionContext } from 'ava';
import type { Client } from '../../src/client/client.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { startServer } from '../helpers/server.ts';
import { connectAlice } from '../helpers/sshome-client.ts';

export interface Desk {
  readonly client: Client;
  /** The home on the disk. */
  readonly home: string;
  /** A local folder. */
  readonly here: string;
  stop(): Promise<void>;
}

/** `settings` are flags of the server. */
export async function openDesk(t: ExecutionContext, settings: Record<string, string> = {}): Promise<Desk> {
  t.timeout(30_000);
  const server = await startServer(t, settings);
  const client = await connectAlice(t, server);
  return { client, home: await server.homeOf('alice'), here: await temporaryFolder(t), stop: () => server.stop() };
}
