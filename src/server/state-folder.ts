// The state folder, which one server at a time may have: whoever answers at its control socket. To look for another one
// there and to make the socket is one step, under a lock: of two that start in the same moment, one sees the other.

import { FileLockedError, withFileLock } from '../accounts/file-lock.ts';
import { type ControlSocket, isControlled, makeStateFolder, openControlSocket } from '../control/listen.ts';
import { controlSocketIn } from '../control/request.ts';
import { errnoInWords } from '../model/errno.ts';
import type { Log } from '../model/log.ts';
import { StartError } from './start-error.ts';

/** Takes `folder`, until the socket is closed. @throws StartError when another server has it */
export async function takeStateFolder({ folder, log }: { folder: string; log: Log }): Promise<ControlSocket> {
  await makeStateFolder(folder);
  try {
    return await withFileLock(controlSocketIn(folder), async () => {
      if (!(await isControlled(folder))) return openControlSocket({ folder, log });
      throw new StartError([
        `${folder}: another server that runs keeps its state in this folder; stop it, or give this one another with --state`,
      ]);
    });
  } catch (error) {
    if (error instanceof FileLockedError) throw new StartError([`${error.lockFile}: ${error.message}`]);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new StartError([`${folder}: no control socket can be made in this folder (${errnoInWords(code)})`]);
  }
}
