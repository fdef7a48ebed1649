// Goes through all folders of a tree, one after the other, by way of the jail: what users swap in meanwhile can't lead it
// anywhere. Keeps the paths of the folders that are still to come, and nothing else.

import { byteLength } from '../model/bytes.ts';
import { errnoName } from '../model/errno.ts';
import { isFileError } from '../model/error.ts';
import { joinPath, MAX_PATH_BYTES, ROOT, type VirtualPath } from '../model/path.ts';
import { entryOf, type HostPath, type Jail, type Place } from './place.ts';

export interface Tour {
  readonly jail: Jail;
  /** Opens a folder that lies deeper than a path can say. */
  readonly openDeep: (host: HostPath) => Promise<Jail>;
  /** Looks at one folder, and resolves to the names of the folders in it. */
  readonly visit: (place: Place) => Promise<readonly string[]>;
  /** Aborted to stop at the next folder. */
  readonly signal: AbortSignal;
}

/** Visits every folder. One that is gone by then, or was moved, is left out. */
export async function eachFolder(tour: Tour): Promise<void> {
  const { jail, visit, signal } = tour;
  const folders: VirtualPath[] = [ROOT];
  for (let path = folders.pop(); path !== undefined && !signal.aborted; path = folders.pop()) {
    try {
      const place = await jail.find(path, 'keep', 'hold');
      try {
        if (place.kind !== 'directory') continue;
        for (const name of await visit(place)) {
          const inner = joinPath(path, name);
          if (byteLength(inner) <= MAX_PATH_BYTES) folders.push(inner);
          else await eachFolderBelow(entryOf(place.thing, name), tour);
        }
      } finally {
        place.close();
      }
    } catch (error) {
      const name = errnoName(error);
      const isGone = name === 'ENOENT' || name === 'ENOTDIR' || isFileError(error);
      if (!isGone) throw error;
    }
  }
}

async function eachFolderBelow(host: HostPath, tour: Tour): Promise<void> {
  const jail = await tour.openDeep(host);
  try {
    await eachFolder({ ...tour, jail });
  } finally {
    jail.close();
  }
}
