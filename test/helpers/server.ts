// A whole server for one test: free port, own folders, stopped by the test. Its users are alice, bob and mallory.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadConfig } from '../../src/config/load.ts';
import type { RulesSource } from '../../src/model/rules.ts';
import { type SshomeServer, startServer as start } from '../../src/server.ts';
import { inRepository, temporaryFolder } from './folder.ts';

export const PASSWORDS = { alice: 'correct horse', bob: 'battery:staple', mallory: 'evil eve' } as const;
export type Actor = keyof typeof PASSWORDS;

export interface TestServer {
  readonly host: string;
  readonly port: number;
  readonly fingerprints: readonly string[];
  /** Holds everything below; removed with the test. */
  readonly folder: string;
  readonly homes: string;
  readonly credentials: string;
  readonly logFile: string;
  /** A home on the disk; made if it is not there yet. */
  homeOf(user: Actor): Promise<string>;
  /** The records of the log file so far, parsed. */
  records(): Promise<Array<Record<string, unknown>>>;
  stop(): Promise<void>;
}

export interface RuledServer extends TestServer {
  readonly sharedFolders: string;
  /** Replaces the rules, the whole of sshome.yaml, in one step. The server follows by itself. */
  setRules(yaml: string): Promise<void>;
}

/** Starts a server; `settings` are flags, as `{ 'max-handles': '10' }`, `rules` what sshome.yaml says, or others instead. */
export async function startServer(
  t: Pick<ExecutionContext, 'teardown'>,
  settings: Readonly<Record<string, string>> = {},
  rules: string | RulesSource = '',
): Promise<RuledServer> {
  const folder = await temporaryFolder(t);
  const credentials = join(folder, 'id_passwd.txt');
  const [homes, sharedFolders] = [join(folder, 'homes'), join(folder, 'folders')];
  const logFile = join(folder, 'log.jsonl');
  // One of its own, so that no `sshome.yaml` of the checkout is read.
  const file = join(folder, 'sshome.yaml');
  await writeFile(file, typeof rules === 'string' ? rules : '');
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(credentials, lines.join(''), { mode: 0o600 });
  const config = await loadConfig({
    flags: {
      port: '0',
      credentials,
      homes,
      'shared-folders': sharedFolders,
      // Shared by all tests: an RSA key takes a second to make.
      keys: inRepository('build/test-host-keys'),
      state: join(folder, 'state'),
      'log-file': logFile,
      'log-level': 'info',
      grace: '0',
      // Tests open many connections at once, all from one source.
      'max-startups': '1000:30:2000',
      'max-startups-per-source': '1000',
      'connections-per-second': '1000',
      ...settings,
    },
    environment: {},
    file,
  });
  const server: SshomeServer = await start(config, { quiet: true, ...(typeof rules !== 'string' && { rules }) });
  t.teardown(() => server.stop());
  return {
    host: server.host,
    port: server.port,
    fingerprints: server.fingerprints,
    folder,
    homes,
    sharedFolders,
    credentials,
    logFile,
    setRules: async (yaml) => {
      await writeFile(`${file}.new`, yaml);
      await rename(`${file}.new`, file);
    },
    homeOf: async (user) => {
      const home = join(homes, user);
      await mkdir(home, { recursive: true, mode: 0o700 });
      return home;
    },
    records: async () => {
      const text = await readFile(logFile, 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    stop: () => server.stop(),
  };
}
