// The temporary names that atomic uploads are being written under: no sweep touches them, and no folder is removed with
// one of them in it. A server has one list of them, however many processes write.

import { type Lease, leaseOf } from '../model/lease.ts';

export interface ActiveUploads {
  /** From when this resolves until the lease is released, the name is active. To be awaited before the file is made. */
  add(name: string): Promise<Lease>;
  has(name: string): Promise<boolean>;
}

export function createActiveUploads(): ActiveUploads {
  /** How often each: those of exclusive uploads are the same in every folder. */
  const counts = new Map<string, number>();
  return {
    add: async (name) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return leaseOf(() => {
        const left = (counts.get(name) ?? 0) - 1;
        if (left > 0) counts.set(name, left);
        else counts.delete(name);
      });
    },
    has: async (name) => counts.has(name),
  };
}
