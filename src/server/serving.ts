// One process that serves: connections in, sessions of users out. The same whether it is the only one or one of several.

import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { Config } from '../config/schema.ts';
import type { Audit } from '../model/event.ts';
import type { Log } from '../model/log.ts';
import { createSshServer, type SshServer } from '../sshd/listener.ts';
import type { Homes } from '../storage/homes.ts';
import { createBackend } from './backend.ts';
import type { HostKeys } from './host-keys.ts';
import type { Shared } from './shared.ts';

export interface ServingParts {
  readonly config: Config;
  readonly log: Log & { readonly audit: Audit };
  readonly keys: HostKeys;
  readonly homes: Homes;
  readonly shared: Shared;
}

/** Begins to serve in this process, for whoever hands connections over. */
export async function serveHere({ config, log, keys, homes, shared }: ServingParts): Promise<SshServer> {
  const backend = await createBackend({ config, log, homes, shared });
  const ssh = createSshServer({ ...keys, algorithms: algorithmsOf(config), backend, limits: config });
  shared.accounts.onChange(({ removed, locked }) => {
    for (const user of removed) ssh.endUser(user, 'the account was removed');
    for (const user of locked) ssh.endUser(user, 'the account was locked');
  });
  return ssh;
}
