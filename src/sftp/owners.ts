// What uid and gid numbers are called in listings. There are no accounts of the host here: the owner of the home is
// the session's user, and everybody else is a number.

import type { Files } from '../model/files.ts';
import { ROOT } from '../model/path.ts';
import type { OwnerNames } from './longname.ts';

/** Who the home belongs to is found out once, at the first call; if it can't be told, that fails as `Files.stat` does. */
export function createOwnerNames(files: Files, user: string): () => Promise<OwnerNames> {
  let names: OwnerNames | undefined;
  return async () => {
    if (names === undefined) {
      const home = await files.stat(ROOT);
      names = {
        user: (uid) => (uid === home.uid ? user : String(uid)),
        group: (gid) => (gid === home.gid ? user : String(gid)),
      };
    }
    return names;
  };
}
