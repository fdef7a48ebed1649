// What serves, for the parts that don't care whether it is this process or several; and a process that does, the same
// whether it is the only one or one of several.

import type { Socket } from 'node:net';
import { judgeLiveLogin } from '../access/login.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { Config } from '../config/schema.ts';
import type { AuditingLog } from '../log/records.ts';
import type { SessionInfo } from '../model/account.ts';
import type { LiveLogin } from '../model/login.ts';
import type { Paces } from '../operations/paces.ts';
import { followLogins } from '../sshd/follow-logins.ts';
import { createSshServer } from '../sshd/listener.ts';
import type { Homes } from '../storage/homes.ts';
import { createBackend } from './backend.ts';
import type { HostKeys } from './host-keys.ts';
import type { Shared } from './shared.ts';

export interface Serving {
  /** Serves a connection that nobody has read from; resolves when it is closed. */
  take(socket: Socket): Promise<void>;
  /** All live sessions. */
  sessions(): Promise<readonly SessionInfo[]>;
  /** Waits up to `graceMs` for transfers under way, and ends every connection. Takes no more. */
  stop(graceMs: number): Promise<void>;
}

export interface ServingParts {
  readonly config: Config;
  readonly log: AuditingLog;
  readonly keys: HostKeys;
  readonly homes: Homes;
  readonly paces: Paces;
  readonly shared: Shared;
}

/** Begins to serve in this process, for whoever hands connections over. */
export async function serveHere(parts: ServingParts): Promise<Serving> {
  const { config, log, keys: hostKeys, homes, paces, shared } = parts;
  const { accounts: store, rules } = shared;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const backend = await createBackend({ config, log, homes, paces, shared, keys });
  const ssh = createSshServer({ ...hostKeys, algorithms: algorithmsOf(config), backend, limits: config });
  const judge = (login: LiveLogin): string | undefined => judgeLiveLogin(rules.now, login, new Date());
  const endFollowing = followLogins({ ssh, store, keys, judge, onRules: (listener) => rules.onChange(listener), log });
  return {
    take: ssh.take,
    sessions: async () => ssh.sessions(),
    stop: async (graceMs) => {
      await ssh.stop(graceMs);
      endFollowing();
    },
  };
}
