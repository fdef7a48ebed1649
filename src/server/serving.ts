// One process that serves: connections in, sessions of users out. The same whether it is the only one or one of several.

import { judgeLiveLogin } from '../access/login.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { Config } from '../config/schema.ts';
import type { Audit } from '../model/event.ts';
import type { Log } from '../model/log.ts';
import type { LiveLogin } from '../model/login.ts';
import type { Paces } from '../operations/paces.ts';
import { followLogins } from '../sshd/follow-logins.ts';
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
  readonly paces: Paces;
  readonly shared: Shared;
}

/** Begins to serve in this process, for whoever hands connections over. */
export async function serveHere({
  config,
  log,
  keys: hostKeys,
  homes,
  paces,
  shared,
}: ServingParts): Promise<SshServer> {
  const { accounts: store, rules } = shared;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const backend = await createBackend({ config, log, homes, paces, shared, keys });
  const ssh = createSshServer({ ...hostKeys, algorithms: algorithmsOf(config), backend, limits: config });
  const judge = (login: LiveLogin): string | undefined => judgeLiveLogin(rules.now, login, new Date());
  const endFollowing = followLogins({ ssh, store, keys, judge, onRules: (listener) => rules.onChange(listener), log });
  return {
    ...ssh,
    stop: async (graceMs) => {
      await ssh.stop(graceMs);
      endFollowing();
    },
  };
}
