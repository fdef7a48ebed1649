// This project's server, built (dist/), with the settings that people get, but for the limits a benchmark runs into.

import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from '../repository.ts';
import { freePort, HOST, startListening } from './listening.ts';
import type { Ground, Peer, Server } from './server.ts';

const USER = 'bench';
const PROGRAM = 'dist/main.cjs';

/** One user at one address opens them all. None of these changes what an operation costs. */
const RAISED_LIMITS = {
  'max-startups': '2000:30:4000',
  'max-startups-per-source': '2000',
  'connections-per-second': '100000',
  'max-connections': '4000',
  'max-sessions-per-user': '4000',
};

async function version(): Promise<string | undefined> {
  const isBuilt = await access(inRepository(PROGRAM)).then(
    () => true,
    () => false,
  );
  if (!isBuilt) return undefined;
  const { version } = JSON.parse(await readFile(inRepository('package.json'), 'utf8')) as { version: string };
  return `sshome ${version}, Node ${process.versions.node}`;
}

async function start(ground: Ground): Promise<Server> {
  const port = await freePort();
  const credentials = join(ground.folder, 'id_passwd.txt');
  const keys = join(ground.folder, 'authorized_keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await writeFile(credentials, `${USER}:${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  await writeFile(join(keys, USER), `${ground.keys.publicKey}\n`, { mode: 0o600 });
  const flags = {
    host: HOST,
    port: String(port),
    credentials,
    homes: join(ground.home, '..'),
    keys: ground.keys.ownKeys,
    state: join(ground.folder, 'state'),
    ...RAISED_LIMITS,
  };
  return startListening(ground, {
    name: 'sshome',
    user: USER,
    port,
    program: process.execPath,
    words: [inRepository(PROGRAM), 'serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])],
  });
}

export const SSHOME: Peer = { name: 'sshome', debianPackage: 'none: `npm run build`', version, start };
