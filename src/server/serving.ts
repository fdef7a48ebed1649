// What serves, for the parts that don't care whether it is this process or several; and a process that does, the same
// whether it is the only one or one of several.

import type { Socket } from 'node:net';
import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { Config } from '../config/schema.ts';
import type { AuditingLog } from '../log/records.ts';
import type { SessionInfo } from '../model/account.ts';
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
  readonly shared: Shared;
}

/** Begins to serve in this process, for whoever hands connections over. */
export async function serveHere({ config, log, keys, homes, shared }: ServingParts): Promise<Serving> {
  const backend = await createBackend({ config, log, homes, shared });
  const ssh = createSshServer({ ...keys, algorithms: algorithmsOf(config), backend, limits: config });
  const stopFollowing = shared.accounts.onChange(({ removed, locked }) => {
    for (const user of removed) ssh.endUser(user, 'the account was removed');
    for (const user of locked) ssh.endUser(user, 'the account was locked');
  });
  return {
    take: ssh.take,
    sessions: async () => ssh.sessions(),
    stop: async (graceMs) => {
      await ssh.stop(graceMs);
      stopFollowing();
    },
  };
}
