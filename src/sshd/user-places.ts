// How many sessions each user has, and whether one more may begin. A server has one count, however many processes serve.

import { type Lease, leaseOf } from '../model/lease.ts';

export interface UserPlaces {
  /** A place for one more session of `user`, undefined when there is none; to be given back when the session ends. */
  enter(user: string): Promise<Lease | undefined>;
  /** Whether there would be one. */
  hasRoom(user: string): Promise<boolean>;
}

export function createUserPlaces({ maxOf }: { maxOf: (user: string) => number }): UserPlaces {
  const counts = new Map<string, number>();
  return {
    hasRoom: async (user) => (counts.get(user) ?? 0) < maxOf(user),
    enter: async (user) => {
      const taken = counts.get(user) ?? 0;
      if (taken >= maxOf(user)) return undefined;
      counts.set(user, taken + 1);
      return leaseOf(() => {
        const left = (counts.get(user) ?? 0) - 1;
        if (left > 0) counts.set(user, left);
        else counts.delete(user);
      });
    },
  };
}
