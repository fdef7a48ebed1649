// A server of several processes, as the primary sees it: what there is one of is here, the sessions are in the workers.

import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Link } from '../cluster/link.ts';
import { Workers } from '../cluster/workers.ts';
import type { ServerConfig } from '../config/load.ts';
import type { ServerLog } from '../log/log.ts';
import type { Paces } from '../operations/paces.ts';
import type { Quotas } from '../storage/quotas.ts';
import { INTRODUCTION, LOG, OWN_SESSIONS } from './contracts.ts';
import type { HostKeys } from './host-keys.ts';
import { watchSessions } from './lost-sessions.ts';
import type { OwnSessions, Serving } from './serving.ts';
import type { Shared } from './shared.ts';
import { share } from './shared-by-link.ts';
import { sharePacesOver, shareQuotas } from './worker-quotas.ts';

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
  quotas: Pick<Quotas, 'admit'>;
  paces: Paces;
  shared: Shared;
}): Promise<ServingByWorkers> {
  const { count, config, log, keys, quotas, paces, shared } = parts;
  /** Of what workers that are gone have left behind, until all is taken back. */
  const takingBack = new Set<Promise<void>>();
  const introduce = (link: Link, gone: Promise<unknown>): void => {
    share(link, shared);
    sharePacesOver(link, paces);
    const takeBack = shareQuotas(link, quotas);
    const sessions = watchSessions();
    const taking = gone
      .then(() => {
        sessions.lost(log.audit);
        return takeBack();
      })
      .finally(() => takingBack.delete(taking));
    takingBack.add(taking);
    link.share(LOG, {
      write: async (records) => {
        for (const record of records) {
          sessions.saw(record);
          log.write(record);
        }
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
    stop: async (graceMs) => {
      await workers.stop(graceMs);
      await Promise.all(takingBack);
    },
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
