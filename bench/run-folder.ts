// The folder that everything of one run lives in: in memory (tmpfs) where there is room, so that no disk is measured.
// It goes away with the process, however that ends.

import { rmSync } from 'node:fs';
import { mkdtemp, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWell } from './programs.ts';

const SHARED_MEMORY = '/dev/shm';
/** A few times the largest file. */
const ROOM_BYTES = 8 * 1024 ** 3;

export async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(await roomyFolder(), 'sshome-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

async function roomyFolder(): Promise<string> {
  const room = await statfs(SHARED_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room >= ROOM_BYTES ? SHARED_MEMORY : tmpdir();
}

/** For the report: a disk, where one was used, is part of what was measured. */
export function describeRunFolder(folder: string): string {
  return folder.startsWith(SHARED_MEMORY) ? 'files in memory (tmpfs)' : `files on the disk of ${tmpdir()}`;
}

/** Keys that serve one run. */
export interface RunKeys {
  readonly clientKey: string;
  /** The client's public key, as one line of `authorized_keys`. */
  readonly publicKey: string;
  readonly hostKey: string;
  /** For host keys that a server makes itself at its first start. */
  readonly ownKeys: string;
}

export async function makeRunKeys(folder: string): Promise<RunKeys> {
  const [clientKey, hostKey] = [join(folder, 'client-key'), join(folder, 'host-key')];
  for (const file of [clientKey, hostKey]) await runWell('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  const publicKey = (await readFile(`${clientKey}.pub`, 'utf8')).trim();
  return { clientKey, publicKey, hostKey, ownKeys: join(folder, 'own-keys') };
}
