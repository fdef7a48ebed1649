// A server of several processes, as the primary sees it: what there is one of is here, the sessions are in the workers.

import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { liveAccounts } from '../accounts/followed-accounts.ts';
import type { Link } from '../cluster/link.ts';
import { publish } from '../cluster/live-value.ts';
import { Workers } from '../cluster/workers.ts';
import type { Config } from '../config/schema.ts';
import type { ServerLog } from '../log/log.ts';
import type { SessionInfo } from '../model/account.ts';
import {
  ACCOUNTS,
  ADMISSION,
  CREDENTIALS,
  INTRODUCTION,
  LOG,
  OWN_SESSIONS,
  PASSWORDS,
  PLACES,
  RULES,
  SESSIONS,
  TURNSTILE,
  UPLOADS,
} from './contracts.ts';
import type { HostKeys } from './host-keys.ts';
import type { Serving } from './serving.ts';
import type { Shared } from './shared.ts';

/** A worker that does not say for so long which sessions it has is left out of the list. */
const LIST_LIMIT_MS = 2000;

export interface ServingByWorkers extends Serving {
  /** Rejects with a WorkersError when workers can't be kept running. */
  readonly running: Promise<unknown>;
}

/** Starts `count` workers that serve. @throws WorkersError */
export async function serveByWorkers(parts: {
  count: number;
  config: Config;
  log: ServerLog;
  keys: HostKeys;
  shared: Shared;
}): Promise<ServingByWorkers> {
  const { count, config, log, keys, shared } = parts;
  const introduce = (link: Link): void => {
    link.share(ADMISSION, shared.admission);
    link.share(PLACES, shared.places);
    link.share(TURNSTILE, shared.turnstile);
    link.share(UPLOADS, shared.uploads);
    link.share(PASSWORDS, shared.passwords);
    link.share(CREDENTIALS, shared.accounts);
    link.share(SESSIONS, shared);
    publish(link, ACCOUNTS, liveAccounts(shared.accounts));
    publish(link, RULES, shared.rules);
    link.share(LOG, {
      write: async (records) => {
        for (const record of records) log.write(record);
      },
    });
    link.share(INTRODUCTION, {
      introduce: async () => ({ config, keys, standInKey: shared.standInKey, workers: count }),
    });
  };
  const program = fileURLToPath(new URL('../worker.js', import.meta.url));
  const workers = new Workers({ count, program, introduce, log });
  try {
    await workers.ready();
  } catch (error) {
    await workers.stop(0);
    throw error;
  }
  return {
    running: workers.running,
    take: (socket) => workers.take(socket),
    sessions: async () => (await Promise.all(workers.links.map(sessionsOf))).flat(),
    stop: (graceMs) => workers.stop(graceMs),
  };
}

async function sessionsOf(link: Link): Promise<readonly SessionInfo[]> {
  const none = delay(LIST_LIMIT_MS, [], { ref: false });
  return Promise.race([link.remote(OWN_SESSIONS).list(), none]).catch(() => []);
}
