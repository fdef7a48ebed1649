// A folder with one file for each user, named after the user, beside the credentials file: what both the keys and the
// records of logins are kept in. Knows nothing of what is in the files.

import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isUserName } from '../model/user-name.ts';
import { judgeAccess } from '../text-files/file-access.ts';
import { isSystemError } from '../text-files/small-file.ts';
import { withFileLock } from './file-lock.ts';
import { giveOwnerOf, removeLeftovers, replaceFile, syncFolder } from './replace-file.ts';

export class UserFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file of a user, there or not. */
  fileOf(user: string): string {
    if (!isUserName(user)) throw new TypeError('this is no user name');
    return join(this.folder, user);
  }

  /** What the file is called in the log, which holds no host paths. */
  labelOf(user: string): string {
    return join(basename(this.folder), user);
  }

  /** Whether others could have put a file into the folder, or have taken one out. */
  async isOpenToOthers(): Promise<boolean> {
    return judgeAccess(await stat(this.folder)).writableByOthers;
  }

  /**
   * Changes the file of a user while no other edit does. `edit` gives the new content: undefined leaves the file as it is,
   * an empty one removes it.
   *
   * @throws FileLockedError, the errors of the system, and what `edit` throws
   */
  async edit(user: string, edit: () => Promise<Uint8Array | undefined>): Promise<void> {
    const file = this.fileOf(user);
    await this.#makeFolder();
    await withFileLock(file, async () => {
      await removeLeftovers(file);
      const content = await edit();
      if (content === undefined) return;
      if (content.length > 0) return replaceFile(file, content);
      await rm(file, { force: true });
      await syncFolder(this.folder);
    });
  }

  /** Removes the file of a user who is no more, so that who gets the name next has nothing of it. */
  async forget(user: string): Promise<void> {
    await rm(this.fileOf(user), { force: true });
  }

  async #makeFolder(): Promise<void> {
    try {
      await mkdir(this.folder, { mode: 0o700 });
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return;
      throw error;
    }
    await giveOwnerOf(dirname(this.folder), this.folder);
    await syncFolder(dirname(this.folder));
  }
}
