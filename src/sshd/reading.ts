// Whether a connection is read from. Several parts may want it to wait, each for a reason of its own; it goes on when none
// is left.

import type { Socket } from 'node:net';

export type Reason = 'unsent' | 'queued' | 'unread' | 'unhandled';

export interface Reading {
  stop(reason: Reason): void;
  goOn(reason: Reason): void;
}

export function createReading(socket: Pick<Socket, 'pause' | 'resume'>): Reading {
  const reasons = new Set<Reason>();
  return {
    stop(reason) {
      reasons.add(reason);
      socket.pause();
    },
    goOn(reason) {
      if (reasons.delete(reason) && reasons.size === 0) socket.resume();
    },
  };
}
