// Files that people edit by hand, at a moment when the server can't open them: it has no descriptor left, say. What they
// say then is not lost, and what they said before holds meanwhile.

import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { type ServerUnderTest, startUnderTest } from './server-under-test.ts';

/** Resolves when the log has a record that holds all of `texts`. */
async function untilLogged(server: ServerUnderTest, ...texts: readonly string[]): Promise<void> {
  await until(() => {
    const lines = server.errors().split('\n');
    return lines.some((line) => texts.every((text) => line.includes(text)));
  });
}

/*
 * A change of id_passwd.txt or sshome.yaml that could not be read was taken for seen, and never looked at again: a user who
 * was locked while the server was out of descriptors stayed in until somebody saved the file once more.
 * Reached by `sshome user lock bob` at such a moment.
 * Verifies that the file is read as soon as that works again, though it has not changed since, and bob's session ends.
 */
for (const { name, before, after } of [
  { name: 'id_passwd.txt', before: undefined, after: `alice:${PASSWORDS.alice}\nbob:!${PASSWORDS.bob}\n` },
  { name: 'sshome.yaml', before: 'users: {}\n', after: 'users: {bob: {expires: 2020-01-01}}\n' },
]) {
  test(`unread files: a change of ${name} that can't be read at first counts as soon as it can`, async (t) => {
    t.timeout(60_000);
    const server = await startUnderTest(t, {
      injected: true,
      ...(before === undefined ? {} : { files: { [name]: before } }),
    });
    const file = join(server.folder, name);
    const bob = await login(t, server, 'bob');
    let isClosed = false;
    bob.once('close', () => {
      isClosed = true;
    });
    await server.setFaults({ call: 'open', errno: 'EMFILE', under: file });
    await writeFile(file, after, { mode: 0o600 });
    await untilLogged(server, name, "can't be read (EMFILE)");
    t.is((await run(bob, 'whoami')).status, 0);
    await server.setFaults();
    await until(() => isClosed);
    t.pass();
  });
}

/*
 * A file of keys that could not be read was remembered as one without keys, until somebody touched it: the user's sessions
 * were ended, and no key let in any more.
 * Reached by `sshome user key add` or a login by key at a moment when the server was out of descriptors.
 * Verifies that the session goes on, and that the key lets in as soon as the file can be read.
 */
test('unread files: keys that could not be read once count as soon as they can', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true });
  const { private: privateKey, public: publicKey } = makeKeyPair('ed25519');
  const folder = join(server.folder, 'authorized_keys');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'alice'), `${publicKey}\n`, { mode: 0o600 });
  const byKey = { privateKey, authHandler: ['publickey' as const] };
  const alice = await login(t, server, 'alice', byKey);
  await server.setFaults({ call: 'open', errno: 'EMFILE', under: folder });
  await utimes(join(folder, 'alice'), 1, 1);
  await t.throwsAsync(login(t, server, 'alice', byKey));
  await untilLogged(server, 'looking at the keys of who is logged in');
  t.is((await run(alice, 'whoami')).status, 0);
  await server.setFaults();
  t.is((await run(await login(t, server, 'alice', byKey), 'whoami')).status, 0);
  t.is((await run(alice, 'whoami')).status, 0);
});
