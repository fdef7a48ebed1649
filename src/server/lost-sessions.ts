// The sessions of one worker as its records tell of them: of a worker that was killed somebody else must record their ends.
// An audit log in which a session begins and never ends says that somebody may still be there.

import type { LogRecord } from '../log/records.ts';
import type { Audit } from '../model/event.ts';

export interface WatchedSessions {
  /** To be told of every record of the worker, in their order. */
  saw(record: LogRecord): void;
  /** To be called when the worker is gone: records the end of what it has not. */
  lost(audit: Audit): void;
}

interface Session {
  readonly address: string;
  readonly sinceMs: number;
  user?: string;
}

export function watchSessions(): WatchedSessions {
  const sessions = new Map<string, Session>();
  return {
    saw({ event, sessionId, address, user, timestamp }) {
      const id = String(sessionId);
      if (event === 'session.open') {
        sessions.set(id, { address: String(address), sinceMs: Date.parse(String(timestamp)) });
      } else if (event === 'session.login') {
        const session = sessions.get(id);
        if (session !== undefined) session.user = String(user);
      } else if (event === 'session.close') {
        sessions.delete(id);
      }
    },
    lost(audit) {
      for (const [sessionId, { address, user, sinceMs }] of sessions) {
        audit({
          event: 'session.close',
          sessionId,
          address,
          ...(user === undefined ? {} : { user }),
          // By a clock that can be set.
          durationMs: Math.max(0, Date.now() - sinceMs),
          reason: 'the process that served it has ended',
        });
      }
      sessions.clear();
    },
  };
}
