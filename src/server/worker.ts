// One of several processes that serve one server: what there is one of is asked of the primary.

import { limitsFrom } from '../access/limits.ts';
import { joinPrimary } from '../cluster/in-worker.ts';
import type { ServerConfig } from '../config/load.ts';
import { type ForwardedLog, forwardLog } from '../log/forwarded-log.ts';
import { chooseJail } from '../storage/choose-jail.ts';
import { INTRODUCTION, type Introduction, LOG, OWN_SESSIONS } from './contracts.ts';
import { openHomesOf } from './homes.ts';
import { serveHere } from './serving.ts';
import { sharedBy } from './shared-by-link.ts';
import { openFarMeters, openFarPaces } from './worker-quotas.ts';

/** Serves until the primary ends it. To be called once, in a process that the primary has started. */
export async function runWorker(): Promise<void> {
  const primary = joinPrimary();
  try {
    const introduction = await primary.link.remote(INTRODUCTION).introduce();
    const log = forwardLog({ level: introduction.config.logLevel, send: primary.link.remote(LOG).write });
    outliveErrors(log);
    const shared = await sharedBy(primary.link, introduction.standInKey);
    const config = shareOf(introduction);
    const { accounts, rules, uploads } = shared;
    const limits = limitsFrom({ rules, users: () => accounts.accounts.map(({ user }) => user) });
    const meters = openFarMeters(primary.link, limits);
    const homes = openHomesOf({ config, rules, limits, meters, uploads, jail: chooseJail(), log });
    const paces = openFarPaces(primary.link, limits);
    const serving = await serveHere({ config, log, keys: introduction.keys, homes, paces, shared });
    primary.link.share(OWN_SESSIONS, serving);
    primary.begin({
      take: serving.take,
      end: async (graceMs) => {
        await serving.stop(graceMs);
        await homes.close();
        await log.close();
      },
    });
  } catch (error) {
    primary.fail(error instanceof Error ? error.message : String(error));
  }
}

/** What is bounded for the server as a whole and can be divided, is. */
function shareOf({ config, workers }: Introduction): ServerConfig {
  return { ...config, maxQueuedBytes: Math.ceil(config.maxQueuedBytes / workers) };
}

/** As in cli/commands/serve.ts: an error that nobody caught is no reason to end the sessions of everybody. */
function outliveErrors(log: ForwardedLog): void {
  const report = (error: unknown): void => void log.unexpected(error, 'doing what nobody waited for');
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
  // What Node itself has to say goes there; whoever read it may have gone away.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
