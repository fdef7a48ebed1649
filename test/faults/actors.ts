// Clients of the project's own, logged in as one of the actors.

import type { ExecutionContext } from 'ava';
import { type Client, connect } from '../../src/client/index.ts';
import { type Actor, PASSWORDS } from '../helpers/server.ts';

export async function connectActor(
  t: Pick<ExecutionContext, 'teardown'>,
  { host, port }: { readonly host: string; readonly port: number },
  user: Actor,
): Promise<Client> {
  const client = await connect({ host, port, user, password: PASSWORDS[user], verifyHost: () => true });
  t.teardown(() => client.quit());
  return client;
}
