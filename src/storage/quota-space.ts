// What a user with a quota sees of the disk.

import type { Space } from '../model/entry.ts';
import type { Quota } from '../model/rules.ts';
import type { Usage } from '../model/usage.ts';

/**
 * The quota as if it were a file system. What is free of it may be more than the disk has: `availableBlocks` is what
 * can be written, as with the blocks that a file system keeps for root.
 */
export function quotaSpace(disk: Space, { used, quota }: { used: Usage; quota: Quota }): Space {
  const bytes = ofQuota(quota.bytes, used.bytes, disk.blockBytes);
  const files = ofQuota(quota.files, used.files, 1);
  return {
    ...disk,
    ...(bytes === undefined
      ? {}
      : {
          totalBlocks: bytes.total,
          freeBlocks: bytes.free,
          availableBlocks: Math.min(bytes.free, disk.availableBlocks),
        }),
    ...(files === undefined ? {} : { totalFiles: files.total, freeFiles: Math.min(files.free, disk.freeFiles) }),
  };
}

/** In whole units, rounded down. */
function ofQuota(limit: number | undefined, used: number, unit: number): { total: number; free: number } | undefined {
  if (limit === undefined) return undefined;
  return { total: Math.floor(limit / unit), free: Math.max(0, Math.floor((limit - used) / unit)) };
}
