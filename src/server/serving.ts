// What serves, for the parts that don't care whether it is this process or several; and a process that does, the same
// whether it is the only one or one of several.

import type { Socket } from 'node:net';
import { judgeLiveLogin } from '../access/login.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { ServerConfig } from '../config/load.ts';
import type { AuditingLog } from '../log/records.ts';
import type { SessionInfo } from '../model/account.ts';
import type { LiveLogin } from '../model/login.ts';
import type { Paces } from '../operations/paces.ts';
import { followLogins } from '../sshd/follow-logins.ts';
import { createSshServer, type MeantConnections } from '../sshd/listener.ts';
import type { Homes } from '../storage/homes.ts';
import { createBackend } from './backend.ts';
import type { HostKeys } from './host-keys.ts';
import type { Shared } from './shared.ts';

/** The sessions of one process, or of all. */
export interface OwnSessions {
  sessions(): Promise<readonly SessionInfo[]>;
  /** Ends connections, logged in or not, and resolves to how many those are. */
  end(which: MeantConnections, reason: string): Promise<number>;
}

export interface Serving extends OwnSessions {
  /** Serves a connection that nobody has read from; resolves when it is closed. */
  take(socket: Socket): Promise<void>;
  /** Waits up to `graceMs` for transfers under way, and ends every connection. Takes no more. */
  stop(graceMs: number): Promise<void>;
}

export interface ServingParts {
  readonly config: ServerConfig;
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
    end: async (which, reason) => ssh.end(which, reason),
    stop: async (graceMs) => {
      await ssh.stop(graceMs);
      await endFollowing();
    },
  };
}
