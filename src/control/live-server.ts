// The running server as the command line has it for the verbs: each question goes over the control socket.

import type { LiveServer } from '../model/administration.ts';
import { askServer } from './ask.ts';

/** The server that keeps its state in `folder`. */
export function liveServer(folder: string): LiveServer {
  return {
    sessions: {
      list: async () => {
        const sessions = await askServer(folder, { verb: 'session list' });
        return sessions.map((session) => ({ ...session, since: new Date(session.since) }));
      },
      end: (sessionId, reason) => askServer(folder, { verb: 'session end', sessionId, reason }),
    },
    bans: {
      list: () => askServer(folder, { verb: 'ban list' }),
      add: (request) => askServer(folder, { verb: 'ban add', ...request }),
      remove: (source) => askServer(folder, { verb: 'ban remove', source }),
    },
    quotas: {
      show: () => askServer(folder, { verb: 'quota show' }),
      scan: (tree) => askServer(folder, { verb: 'quota scan', tree }),
    },
  };
}
