// What the checks of one client share: a server, alice with a password and a key, and one open session.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import ssh2 from 'ssh2';
import type { RulesSource } from '../../src/model/rules.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { PASSWORDS, type RuledServer, startServer, type TestServer } from '../helpers/server.ts';
import { once } from './client-tests.ts';
import type { ClientDriver, ClientSession, Lifetime, Login, Target } from './driver.ts';

export interface Stage {
  readonly server: RuledServer;
  /** Alice's home on the disk. */
  readonly home: string;
  readonly knownHosts: string;
  readonly logins: { readonly [Method in Login['method']]: Extract<Login, { method: Method }> };
  /** What `driver.open` takes; with a new folder for the client each time. */
  target(login?: Login['method'], rekeyBytes?: number): Promise<Target>;
}

/** What all checks of a file share; each is made when the first one asks, and taken down after the last. */
export interface SharedStage {
  stage(): Promise<Stage>;
  session(): Promise<ClientSession>;
}

/** A stage of alice's, with a key that she may log in with; `settings` are the server's, as flags. */
export async function setStage(
  t: Lifetime,
  settings: Readonly<Record<string, string>> = {},
  rules?: string | RulesSource,
): Promise<Stage> {
  const server = await startServer(t, settings, rules);
  const pair = makeKeyPair('ed25519');
  const privateKeyFile = join(server.folder, 'alice_key');
  await writeFile(privateKeyFile, pair.private, { mode: 0o600 });
  await writeFile(`${privateKeyFile}.pub`, `${pair.public}\n`);
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await writeFile(join(server.folder, 'authorized_keys/alice'), `${pair.public}\n`, { mode: 0o600 });
  const knownHosts = join(server.folder, 'known_hosts');
  await writeFile(knownHosts, await knownHostsLines(server));
  const logins: Stage['logins'] = {
    password: { method: 'password', password: PASSWORDS.alice },
    key: { method: 'key', privateKeyFile },
  };
  return {
    server,
    home: await server.homeOf('alice'),
    knownHosts,
    logins,
    target: async (login = 'key', rekeyBytes) => ({
      server,
      login: logins[login],
      local: await temporaryFolder(t),
      knownHosts,
      ...(rekeyBytes === undefined ? {} : { rekeyBytes }),
    }),
  };
}

/** One stage and one session of `driver` for all tests of the file. */
export function sharedStage(driver: ClientDriver): SharedStage {
  const closers: Array<() => unknown> = [];
  const lifetime: Lifetime = { teardown: (close) => closers.push(close), log: console.log };
  test.after.always(`${driver.name}: taken down`, async () => {
    for (const close of closers.reverse()) await close();
  });
  const stage = once(() => setStage(lifetime, driver.settings));
  const session = once(async () => {
    const { target } = await stage();
    return driver.open(lifetime, await target(driver.logins.includes('key') ? 'key' : 'password'));
  });
  return { stage, session };
}

/** Of the private keys themselves: the public ones beside them may be older. */
async function knownHostsLines({ host, port }: TestServer): Promise<string> {
  const folder = inRepository('build/test-host-keys');
  const files = (await readdir(folder)).filter((file) => file.endsWith('_key'));
  const lines = files.map(async (file) => {
    const key = ssh2.utils.parseKey(await readFile(join(folder, file)));
    if (key instanceof Error) throw key;
    return `[${host}]:${port} ${key.type} ${key.getPublicSSH().toString('base64')}\n`;
  });
  return (await Promise.all(lines)).join('');
}
