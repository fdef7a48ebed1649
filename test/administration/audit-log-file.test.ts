// Which log `sshome audit` searches: nobody has to know by which flag the running server was started.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runVerb } from '../../src/cli/administration-context.ts';
import { AdministrationError } from '../../src/model/administration.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { startServer } from '../helpers/server.ts';

/** The users that the search meets. */
async function usersFound(folder: string, flags: Readonly<Record<string, string>> = {}): Promise<unknown[]> {
  const files = { config: join(folder, 'sshome.yaml'), state: join(folder, 'state') };
  const { rows } = await runVerb({ ...files, ...flags }, 'audit', { options: { event: 'admin.user' } });
  const users: unknown[] = [];
  for await (const { target } of rows) users.push(target);
  return users;
}

/** A log of its own, in which something was done to `user`. */
async function logOf(folder: string, user: string): Promise<string> {
  const file = join(folder, `${user}.jsonl`);
  const record = { timestamp: new Date().toISOString(), level: 'info', event: 'admin.user', target: user };
  await writeFile(file, `${JSON.stringify(record)}\n`);
  return file;
}

test('sshome audit: searches the log of the running server, whatever flag named it', async (t) => {
  const server = await startServer(t);
  const flags = { config: join(server.folder, 'sshome.yaml'), state: join(server.folder, 'state') };
  await runVerb({ ...flags, credentials: server.credentials }, 'user lock', { operands: ['alice'] });
  // What is set by now counts when the server is started again.
  await server.setRules(`log-file: ${await logOf(server.folder, 'zoe')}\n`);
  t.deepEqual(await usersFound(server.folder), ['alice']);
  await server.stop();
  t.deepEqual(await usersFound(server.folder), ['zoe']);
});

test('sshome audit: the log that is named on the command line counts before that', async (t) => {
  const server = await startServer(t);
  t.deepEqual(await usersFound(server.folder, { 'log-file': await logOf(server.folder, 'zoe') }), ['zoe']);
});

test('sshome audit: where there is no log it says how there will be one', async (t) => {
  const server = await startServer(t, { 'log-file': '' });
  const expected = { instanceOf: AdministrationError, message: /put `log-file: log\.jsonl` into sshome\.yaml/ };
  await t.throwsAsync(usersFound(server.folder), expected);
  const nobody = await temporaryFolder(t);
  await writeFile(join(nobody, 'sshome.yaml'), '');
  await t.throwsAsync(usersFound(nobody), expected);
});
