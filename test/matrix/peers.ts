// The server of a matrix, and its users: each logs in once by each way, when the first row asks for it.

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { connect } from '../../src/client/index.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { type RuledServer, startServer } from '../helpers/server.ts';
import { CONTENT, type Peer, type Spot } from './row.ts';

const PASSWORD = 'correct horse';

export interface Peers {
  readonly server: RuledServer;
  peerOf(user: string): Promise<Peer>;
}

export async function startPeers(
  t: { teardown(end: () => unknown): unknown },
  users: Iterable<string>,
  rules: string,
): Promise<Peers> {
  const credentials = join(await temporaryFolder(t), 'id_passwd.txt');
  await writeFile(credentials, [...users].map((user) => `${user}:${PASSWORD}\n`).join(''), { mode: 0o600 });
  const server = await startServer(t, { credentials, 'log-level': 'error', 'max-channels': '100' }, rules);
  const peers = new Map<string, Promise<Peer>>();

  async function logIn(user: string): Promise<Peer> {
    const { host, port } = server;
    const ssh = new ssh2.Client();
    t.teardown(() => ssh.end());
    await new Promise<void>((resolve, reject) => {
      ssh.once('ready', () => resolve()).once('error', reject);
      ssh.connect({ host, port, username: user, password: PASSWORD });
    });
    // A command is several small packets, of which each would wait for the answer to the one before.
    ssh.setNoDelay(true);
    const sftp = await new Promise<Peer['sftp']>((resolve, reject) => {
      ssh.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
    });
    const client = await connect({ host, port, user, password: PASSWORD, verifyHost: () => true });
    t.teardown(() => client.quit());
    return { user, ssh, sftp, client };
  }

  return {
    server,
    peerOf(user) {
      const peer = peers.get(user) ?? logIn(user);
      peers.set(user, peer);
      return peer;
    },
  };
}

/** A new folder for one row, with what the rows work on: `path` for the user, `host` on the disk. */
export async function makeSpot(path: string, host: string): Promise<Spot> {
  await mkdir(join(host, 'folder'), { recursive: true });
  await mkdir(join(host, 'empty'));
  for (const name of ['file', 'folder/inner']) await writeFile(join(host, name), CONTENT);
  await writeFile(join(host, 'other'), 'other');
  await symlink('file', join(host, 'link'));
  return spotAt(path, host);
}

export function spotAt(path: string, host: string): Spot {
  return { at: (name) => (name === '' ? path : `${path}/${name}`), host };
}
