// Changes a small file that people edit by hand, too: under a lock, replaced in one step, and begun anew when somebody who
// knows nothing of the lock saved it meanwhile. Knows nothing of what is in the file.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError, readStamp, type SmallFile } from '../text-files/small-file.ts';
import { withFileLock } from './file-lock.ts';
import { removeLeftovers, replaceFile } from './replace-file.ts';

/** The file is saved by somebody else again and again. */
export class AlwaysChangingError extends Error {
  override readonly name = 'AlwaysChangingError';
}

/** The folder that the file should be in is not there. */
export class NoFolderError extends Error {
  override readonly name = 'NoFolderError';
}

class ChangedMeanwhile extends Error {}

/**
 * Edits `file`; one that is a link stays a link, and its target is replaced. `read` reads what is at the path it is given,
 * undefined when nothing is. `edit` makes the new content of that, undefined to leave it; it is called again when the file
 * was saved meanwhile.
 *
 * @throws FileLockedError, AlwaysChangingError, NoFolderError, and what `read` and `edit` throw.
 */
export async function editFile<Content extends Pick<SmallFile, 'stamp'>>(by: {
  readonly file: string;
  readonly read: (target: string) => Promise<Content | undefined>;
  readonly edit: (content: Content | undefined) => Uint8Array | undefined;
}): Promise<void> {
  const target = await targetOf(by.file);
  await withFileLock(target, async () => {
    await removeLeftovers(target);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        const content = await by.read(target);
        const after = by.edit(content);
        if (after === undefined) return;
        return await replaceFile(target, after, async () => {
          if ((await readStamp(target)) !== content?.stamp) throw new ChangedMeanwhile();
        });
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile)) throw error;
      }
    }
    throw new AlwaysChangingError('the file changes all the time; nothing was changed here');
  });
}

/** The file itself, where `file` is a link. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return join(await folderOf(file), basename(file));
    throw error;
  }
}

async function folderOf(file: string): Promise<string> {
  try {
    return await realpath(dirname(file));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw new NoFolderError(`${file}: there is no such folder`);
    throw error;
  }
}
