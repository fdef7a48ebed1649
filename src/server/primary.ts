// A server of several processes, as the primary sees it: what there is one of is here, the sessions are in the workers.

import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { liveAccounts } from '../accounts/followed-accounts.ts';
import type { Link } from '../cluster/link.ts';
import { publish } from '../cluster/live-value.ts';
import { Workers } from '../cluster/workers.ts';
import type { ServerConfig } from '../config/load.ts';
import type { ServerLog } from '../log/log.ts';
import {
  ACCOUNTS,
  ADMISSION,
  BANS,
  CREDENTIALS,
  INTRODUCTION,
  LOG,
  OWN_SESSIONS,
  PASSWORDS,
  PLACES,
  QUOTAS,
  RULES,
  RULES_FILE,
  SESSIONS,
  TURNSTILE,
  UPLOADS,
} from './contracts.ts';
import type { HostKeys } from './host-keys.ts';
import type { OwnSessions, Serving } from './serving.ts';
import type { Shared } from './shared.ts';

/** A worker that does not answer for so long has no sessions, as far as can be told. */
const ANSWER_LIMIT_MS = 5000;

export interface ServingByWorkers extends Serving {
  /** Rejects with a WorkersError when workers can't be kept running. */
  readonly running: Promise<unknown>;
}

/** Starts `count` workers that serve. @throws WorkersError */
export async function serveByWorkers(parts: {
  count: number;
  config: ServerConfig;
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
    link.share(SESSIONS, shared.live.sessions);
    link.share(BANS, shared.live.bans);
    link.share(QUOTAS, shared.live.quotas);
    link.share(RULES_FILE, shared);
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
    sessions: async () => (await ofEach(workers.links, [], (own) => own.sessions())).flat(),
    end: async (which, reason) => {
      const counts = await ofEach(workers.links, 0, (own) => own.end(which, reason));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    stop: (graceMs) => workers.stop(graceMs),
  };
}

/** What each worker answers; `none` for one that does not. */
function ofEach<Answer>(
  links: readonly Link[],
  none: Answer,
  ask: (own: OwnSessions) => Promise<Answer>,
): Promise<Answer[]> {
  const askOne = (link: Link): Promise<Answer> =>
    Promise.race([ask(link.remote(OWN_SESSIONS)), delay(ANSWER_LIMIT_MS, none, { ref: false })]).catch(() => none);
  return Promise.all(links.map(askOne));
}
