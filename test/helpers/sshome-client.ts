// The published client, logged in to a server of a test.

import type { ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/client/index.ts';
import { PASSWORDS, type TestServer } from './server.ts';

/** A client of alice's, ended with the test. */
export async function connectAlice(t: ExecutionContext, { host, port }: TestServer): Promise<Client> {
  const client = await connect({ host, port, user: 'alice', password: PASSWORDS.alice, verifyHost: () => true });
  t.teardown(() => client.quit());
  return client;
}
