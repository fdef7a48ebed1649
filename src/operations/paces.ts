// The paces of all users: one for each direction of each user who is there, shared by the user's sessions and faces.

import { leaseOf } from '../model/lease.ts';
import { type Clock, Pacer } from './pacer.ts';

/** Bytes per second; undefined is as fast as it goes. */
export interface Rates {
  readonly upload: number | undefined;
  readonly download: number | undefined;
}

/** How fast the content of files goes over the network. Undefined: at once. */
export interface Pace {
  upload(bytes: number): Promise<void> | undefined;
  download(bytes: number): Promise<void> | undefined;
}

export interface SessionPace {
  /** The pace of a channel of the session; when `signal` is aborted, what waits fails with `cancelled`. */
  until(signal: AbortSignal): Pace;
  /** To be called when the session has ended. Further calls do nothing. */
  leave(): void;
}

export interface Paces {
  /** A new session of `user`. */
  enter(user: string): SessionPace;
}

/** `ratesOf` is asked each time: what it says counts at once. */
export function createPaces({
  ratesOf,
  clock = systemClock,
}: {
  ratesOf: (user: string) => Rates;
  clock?: Clock;
}): Paces {
  const users = new Map<string, { readonly upload: Pacer; readonly download: Pacer; sessions: number }>();

  return {
    enter(user) {
      const pacer = (direction: keyof Rates): Pacer =>
        new Pacer({ bytesPerSecond: () => ratesOf(user)[direction], clock });
      const own = users.get(user) ?? { upload: pacer('upload'), download: pacer('download'), sessions: 0 };
      users.set(user, own);
      own.sessions += 1;
      const session = {};
      const lease = leaseOf(() => {
        own.sessions -= 1;
        if (own.sessions === 0) users.delete(user);
      });
      return {
        until: (signal) => {
          const { upload, download } = own;
          const abort = (): void => {
            upload.abort(session);
            download.abort(session);
          };
          signal.addEventListener('abort', abort, { once: true });
          return {
            upload: (bytes) => upload.pass(session, bytes, signal),
            download: (bytes) => download.pass(session, bytes, signal),
          };
        },
        leave: () => lease.release(),
      };
    },
  };
}

const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
