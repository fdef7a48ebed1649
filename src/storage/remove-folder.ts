// Removing a folder in which its owner sees nothing more, though something may be left: of uploads that were cut off.

import * as fs from 'node:fs/promises';
import { decodeBytes } from '../model/bytes.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { ActiveUploads } from './active-uploads.ts';
import type { Meter } from './meter.ts';
import { entryOf, type Place } from './place.ts';
import type { Answer } from './system-calls.ts';
import { isReservedName } from './upload-names.ts';

/** Removes the folder at `place`. @throws FileError `not-empty` also while an upload into it is under way */
export async function removeFolder(place: Place, active: ActiveUploads, meter: Meter): Promise<void> {
  const remove = (): Answer<void> => meter.unnaming(place.entry, () => place.calls.removeDirectory(place.entry));
  try {
    await remove();
  } catch (error) {
    if (errnoName(error) !== 'ENOTEMPTY' || !(await removeLeftovers(place, active, meter))) throw error;
    await remove();
  }
}

/** Removes what no user sees, if there is nothing else; false when there is. */
async function removeLeftovers(place: Place, active: ActiveUploads, meter: Meter): Promise<boolean> {
  const leftovers: string[] = [];
  const encoding = 'buffer' as BufferEncoding;
  for await (const entry of await fs.opendir(place.thing, { encoding })) {
    const name = decodeBytes(entry.name as unknown as Buffer);
    if (!isReservedName(name)) return false;
    if (await active.has(name)) {
      throw new FileError('not-empty', { path: place.path, detail: 'an upload into it is under way' });
    }
    leftovers.push(name);
  }
  for (const name of leftovers) {
    const entry = entryOf(place.thing, name);
    await meter.unnaming(entry, () => place.calls.unlink(entry));
  }
  return leftovers.length > 0;
}
