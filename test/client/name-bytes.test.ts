// Names that are not UTF-8, while the channel's window is closed: the contract suite has the other cases.

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { encodeBytes } from '../../src/model/bytes.ts';
import { startServer } from '../helpers/server.ts';
import { connectAlice } from '../helpers/sshome-client.ts';

test('name bytes: requests with odd names find their files while an upload fills the window', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t);
  const client = await connectAlice(t, server);
  const home = await server.homeOf('alice');
  const names = Array.from({ length: 20 }, (_, index) => `n\udcff${index}\udc80`);
  for (const [index, name] of names.entries()) await writeFile(encodeBytes(join(home, name)), 'x'.repeat(index));

  const content = randomBytes(10_000_000);
  const uploading = client.upload(content, 'large');
  const sizes = await Promise.all(names.map(async (name) => (await client.stat(name)).sizeBytes));
  await Promise.all(names.map((name) => client.move(name, `${name} moved`)));
  await uploading;
  t.deepEqual(
    sizes,
    names.map((_, index) => index),
  );
  const listed = (await client.list()).map(({ name }) => name).sort();
  t.deepEqual(listed, ['large', ...names.map((name) => `${name} moved`)].sort());
  t.true(content.equals(await client.download('large')));
});
