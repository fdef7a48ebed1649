import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { serve } from '../../examples/01-serve.ts';
import { uploadAndList } from '../../examples/02-upload-and-list.ts';
import { downloadWithProgress } from '../../examples/03-progress-and-abort.ts';
import { addUser } from '../../examples/04-administer.ts';
import { connect } from '../../src/client/index.ts';
import { loadConfig, startServer } from '../../src/index.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';

test('examples: a server, a client that uploads and lists, and a download with its progress', async (t) => {
  const folder = await temporaryFolder(t);
  const credentials = join(folder, 'id_passwd.txt');
  await writeFile(credentials, 'alice:open sesame\n', { mode: 0o600 });
  const keys = inRepository('build/test-host-keys');
  const { port, stop } = await serve({ credentials, homes: join(folder, 'homes'), keys });
  t.teardown(stop);

  const password = 'open sesame';
  const seen = await uploadAndList({ port, password, knownHosts: join(folder, 'known_hosts') });
  t.deepEqual(seen, { names: ['letters.txt'], text: 'hello, home\n' });

  const client = await connect({ host: '127.0.0.1', port, user: 'alice', password, verifyHost: () => true });
  const percents: number[] = [];
  const local = join(folder, 'copy.txt');
  const { signal } = new AbortController();
  t.true(
    await downloadWithProgress(client, { remote: '/letters.txt', local, signal }, (percent) => percents.push(percent)),
  );
  t.is(percents.at(-1), 100);
  t.is(await readFile(local, 'utf8'), 'hello, home\n');
  t.false(await downloadWithProgress(client, { remote: '/letters.txt', local, signal: AbortSignal.abort() }, () => {}));
  await client.quit();
});

test('examples: a program adds a user to its own server', async (t) => {
  const folder = await temporaryFolder(t);
  const credentials = join(folder, 'id_passwd.txt');
  const file = join(folder, 'sshome.yaml');
  await writeFile(credentials, 'alice:open sesame\n', { mode: 0o600 });
  await writeFile(file, '', { mode: 0o600 });
  const state = join(folder, 'state');
  const flags = {
    credentials,
    homes: join(folder, 'homes'),
    keys: inRepository('build/test-host-keys'),
    port: '0',
    state,
  };
  const server = await startServer(await loadConfig({ flags, environment: {}, file }), { quiet: true });
  t.teardown(() => server.stop());
  const bob = { user: 'bob', password: 'a long password', quota: '5G' };
  t.deepEqual(await addUser(server, bob), ['alice', 'bob']);
  t.is(await addUser(server, bob), false);
  t.is(await readFile(file, 'utf8'), 'users:\n  bob:\n    quota: 5G\n');
});
