// The contract of Files over SFTP: our client against our server, over a real socket. One server for all of it, with a
// user, and so an empty home, for each test.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../src/client/connect.ts';
import type { Files } from '../../src/model/files.ts';
import { testFiles } from '../contract/files.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

const USERS = Array.from({ length: 100 }, (_, index) => `user${index}-of-contract`);

const cleanUp: (() => unknown)[] = [];
let server: TestServer;
let next = 0;

test.before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sshome-test-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const credentials = join(folder, 'users.txt');
  await writeFile(credentials, USERS.map((user) => `${user}:password of ${user}\n`).join(''), { mode: 0o600 });
  server = await startServer({ teardown: (end) => cleanUp.push(end) }, { credentials });
});

test.after.always(async () => {
  for (const end of cleanUp.reverse()) await end();
});

async function remoteFiles(t: ExecutionContext): Promise<Files> {
  t.timeout(90_000);
  const user = USERS[next++] ?? '';
  const client = await connect({
    host: server.host,
    port: server.port,
    user,
    password: `password of ${user}`,
    verifyHost: ({ fingerprint }) => server.fingerprints.includes(fingerprint),
  });
  t.teardown(() => client.quit());
  return client.files;
}

// SFTP version 3 has 32 bits for seconds, and no link count.
testFiles('sftp', remoteFiles, { wholeSeconds: true, noLinkCount: true });
