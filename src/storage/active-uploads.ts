// The atomic uploads that are under way: no sweep touches what they write or would go on with, no folder is removed with
// one of them in it, and of those that must be the only one no second begins. A server has one list of them, however many
// processes write. Knows folders by their inodes alone, and no disk.

import { type Lease, leaseOf } from '../model/lease.ts';
import type { Inode } from './ledger.ts';
import { hashIn } from './upload-names.ts';

/** A name of ours in a folder. */
export interface NameInFolder {
  readonly folder: Inode;
  readonly name: string;
}

export interface ActiveUploads {
  /**
   * From when this resolves until the lease is released, the upload is under way by its temporary name. To be awaited before
   * anything is done about it on the disk. Waits for a sweep that has `reserved` its place. Undefined when the upload is
   * `exclusive`, and another one for the same place is, too.
   */
  add(upload: NameInFolder & { readonly exclusive: boolean }): Promise<Lease | undefined>;
  /** Whether an upload is under way by this name. */
  has(name: string): Promise<boolean>;
  /**
   * Until the lease is released, no upload begins for the place that a temporary or partial name is for. Undefined when one
   * is under way. Not to be held for longer than it takes to remove a file: uploads wait.
   */
  reserve(leftover: NameInFolder): Promise<Lease | undefined>;
}

/** What is known of one place: a name that uploads shall have in a folder. */
interface Uploads {
  count: number;
  hasExclusive: boolean;
  /** Settles when whoever has reserved the place gives it back. */
  reserved: Promise<void> | undefined;
}

export function createActiveUploads(): ActiveUploads {
  const names = new Set<string>();
  const places = new Map<string, Uploads>();
  return {
    add: async ({ folder, name, exclusive }) => {
      const key = placeOf({ folder, name });
      for (let reserved = places.get(key)?.reserved; reserved !== undefined; ) {
        await reserved;
        reserved = places.get(key)?.reserved;
      }
      const uploads = places.get(key) ?? { count: 0, hasExclusive: false, reserved: undefined };
      if (exclusive && uploads.hasExclusive) return undefined;
      places.set(key, uploads);
      names.add(name);
      uploads.count += 1;
      uploads.hasExclusive ||= exclusive;
      return leaseOf(() => {
        names.delete(name);
        uploads.count -= 1;
        if (exclusive) uploads.hasExclusive = false;
        if (uploads.count === 0) places.delete(key);
      });
    },
    has: async (name) => names.has(name),
    reserve: async (leftover) => {
      const key = placeOf(leftover);
      if (places.has(key)) return undefined;
      let giveBack = (): void => undefined;
      const reserved = new Promise<void>((resolve) => {
        giveBack = resolve;
      });
      places.set(key, { count: 0, hasExclusive: false, reserved });
      return leaseOf(() => {
        places.delete(key);
        giveBack();
      });
    },
  };
}

function placeOf({ folder, name }: NameInFolder): string {
  return `${folder}/${hashIn(name)}`;
}
