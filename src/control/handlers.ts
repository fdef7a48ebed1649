// What a running server answers to the command line: the same live things that its own administrators have.

import type { LiveServer } from '../model/administration.ts';
import type { Audit } from '../model/event.ts';
import type { ControlHandlers } from './request.ts';

export function controlHandlers({
  live,
  logFile,
  audit,
}: {
  readonly live: LiveServer;
  /** An absolute path: whoever asks may be in another folder. Empty for none. */
  readonly logFile: string;
  readonly audit: Audit;
}): ControlHandlers {
  return {
    'ban list': () => live.bans.list(),
    'ban add': ({ source, forMs, reason }) =>
      live.bans.add({ source, forMs, ...(reason === undefined ? {} : { reason }) }),
    'ban remove': ({ source }) => live.bans.remove(source),
    'session list': () => live.sessions.list(),
    'session end': ({ sessionId, reason }) => live.sessions.end(sessionId, reason),
    'quota show': () => live.quotas.show(),
    'quota scan': ({ tree }) => live.quotas.scan(tree),
    'log file': () => logFile,
    record: ({ event }) => {
      audit(event);
      return null;
    },
  };
}
