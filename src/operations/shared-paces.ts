// The paces of users whose sessions are in several processes: kept in one of them, where all sessions of a user wait in
// one line, whichever process they are in. Who has no rate asks nobody.

import { type Lease, leaseOf } from '../model/lease.ts';
import type { Pace, Paces, Rates, SessionPace } from './paces.ts';

/** The paces, for the sessions of one other process; it numbers them. */
export interface SharedPaces {
  /** A new session of `user`, until the lease is given back. */
  enter(session: number, user: string): Promise<Lease>;
  /** Resolves when `bytes` may go. @throws FileError `cancelled` */
  pass(session: number, direction: keyof Rates, bytes: number, signal: AbortSignal): Promise<void>;
}

/** In the process that keeps the paces: one for each process that shares them. */
export function sharePaces(paces: Paces): SharedPaces {
  const sessions = new Map<number, SessionPace>();
  return {
    enter: async (session, user) => {
      const pace = paces.enter(user);
      sessions.set(session, pace);
      return leaseOf(() => {
        sessions.delete(session);
        pace.leave();
      });
    },
    pass: async (session, direction, bytes, signal) => {
      await sessions.get(session)?.until(signal)[direction](bytes);
    },
  };
}

/** In the others. `ratesOf` is asked each time: whoever has no rate does not wait. */
export function farPaces({ shared, ratesOf }: { shared: SharedPaces; ratesOf: (user: string) => Rates }): Paces {
  let last = 0;
  return {
    enter: (user) => {
      last += 1;
      const session = last;
      const lease = shared.enter(session, user);
      // The process that keeps them is gone, and this one is about to be.
      lease.catch(() => undefined);
      const waiting = { upload: 0, download: 0 };
      const pass = (direction: keyof Rates, bytes: number, signal: AbortSignal): Promise<void> | undefined => {
        // Behind those that wait since there was a rate.
        if (ratesOf(user)[direction] === undefined && waiting[direction] === 0) return undefined;
        waiting[direction] += 1;
        return shared.pass(session, direction, bytes, signal).finally(() => {
          waiting[direction] -= 1;
        });
      };
      const until = (signal: AbortSignal): Pace => ({
        upload: (bytes) => pass('upload', bytes, signal),
        download: (bytes) => pass('download', bytes, signal),
      });
      return { until, leave: () => void lease.then((held) => held.release()).catch(() => undefined) };
    },
  };
}
