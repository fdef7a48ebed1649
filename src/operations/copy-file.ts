// Copies one file inside the server, through the same open files that everybody uses, as long as the rules allow it
// and somebody is there who wants it.

import { FileError } from '../model/error.ts';
import type { OpenFile } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Storage } from '../storage/storage.ts';
import type { Guard } from './guard.ts';
import { revokedError } from './open-directory.ts';
import type { OpenThings } from './open-things.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Copies content and permission bits, and resolves to the bytes copied. @throws FileError `cancelled` by `signal` */
export async function copyFile(
  by: { storage: Storage; guard: Guard; things: OpenThings; signal: AbortSignal | undefined },
  { from, to, replace }: { from: VirtualPath; to: VirtualPath; replace: boolean },
): Promise<number> {
  const { storage, guard, things, signal } = by;
  const targetOptions = { write: true, create: true, exclusive: !replace, whole: true };
  const permits = guard.copy(targetOptions);
  const source = await storage.open(from, { read: true }, permits.source.permit);
  try {
    const { mode } = await source.stat();
    const target = await storage.open(to, { ...targetOptions, mode: mode & 0o777 }, permits.target.permit);
    const isAllowed = (): boolean =>
      guard.stillAllows(permits.source.granted()) && guard.stillAllows(permits.target.granted());
    // The rules may have changed since they were asked.
    let isRevoked = !isAllowed();
    const revoke = (): void => {
      isRevoked = true;
    };
    const copy = { isAllowed, revoke };
    things.add(copy);
    try {
      const bytes = await copyContent(source, target, () => {
        if (isRevoked) throw revokedError(target.path);
        if (signal?.aborted === true) throw new FileError('cancelled', { path: target.path });
      });
      await target.close();
      return bytes;
    } catch (error) {
      await target.close({ abandon: true });
      throw error;
    } finally {
      things.remove(copy);
    }
  } finally {
    await source.close();
  }
}

/**
 * Copies all of `source` over `target`, and sets its size. The target is not emptied first: when both are names of one
 * file, that file keeps its content. `mayGoOn` throws when it is to end.
 */
async function copyContent(source: OpenFile, target: OpenFile, mayGoOn: () => void): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let offset = 0;
  for (;;) {
    mayGoOn();
    const bytes = await source.read(chunk, offset);
    if (bytes === 0) break;
    await target.write(chunk.subarray(0, bytes), offset);
    offset += bytes;
  }
  mayGoOn();
  await target.setAttributes({ sizeBytes: offset });
  return offset;
}
