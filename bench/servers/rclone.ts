// `rclone serve sftp` over the same kind of folder: one process, in Go.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, runProgram } from '../programs.ts';
import { freePort, HOST, startListening } from './listening.ts';
import type { Ground, Peer, Server } from './server.ts';

const USER = 'bench';

async function version(): Promise<string | undefined> {
  const rclone = await findProgram('rclone');
  if (rclone === undefined) return undefined;
  const { stdout } = await runProgram(rclone, ['version']);
  return stdout.split('\n')[0];
}

async function start(ground: Ground): Promise<Server> {
  const port = await freePort();
  const keys = join(ground.folder, 'authorized_keys');
  const config = join(ground.folder, 'rclone.conf');
  await writeFile(keys, `${ground.keys.publicKey}\n`, { mode: 0o600 });
  await writeFile(config, '');
  const flags = ['--config', config, '--addr', `${HOST}:${port}`, '--user', USER, '--authorized-keys', keys];
  // Files come and go behind its back, between the rounds: it must not remember folders.
  const caches = ['--key', ground.keys.hostKey, '--dir-cache-time', '0s', '--cache-dir', join(ground.folder, 'cache')];
  return startListening(ground, {
    name: 'rclone',
    user: USER,
    port,
    program: 'rclone',
    words: ['serve', 'sftp', ground.home, ...flags, ...caches],
  });
}

export const RCLONE: Peer = { name: 'rclone', debianPackage: 'rclone', version, start };
