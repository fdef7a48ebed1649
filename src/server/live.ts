// What only the running server knows, for its administrators: sessions, bans and quotas.

import type { Turnstile } from '../accounts/turnstile.ts';
import type { ServerConfig } from '../config/load.ts';
import type { LiveServer, QuotaAdministration } from '../model/administration.ts';
import type { OwnSessions } from './serving.ts';

export function liveServerOf({
  config,
  turnstile,
  quotas,
  serving,
}: {
  readonly config: Pick<ServerConfig, 'penaltyExempt'>;
  readonly turnstile: Pick<Turnstile, 'ban' | 'list' | 'remove'>;
  readonly quotas: QuotaAdministration;
  /** Undefined until it serves. */
  readonly serving: () => OwnSessions | undefined;
}): LiveServer {
  return {
    sessions: {
      list: async () => (await serving()?.sessions()) ?? [],
      end: async (sessionId, reason) => ((await serving()?.end({ sessionId }, reason)) ?? 0) > 0,
    },
    bans: {
      list: async () => turnstile.list(),
      add: async (request) => {
        const ban = turnstile.ban(request);
        await serving()?.end({ addresses: ban.source, except: config.penaltyExempt }, 'the source was banned');
        return ban;
      },
      remove: async (source) => turnstile.remove(source),
    },
    quotas,
  };
}
