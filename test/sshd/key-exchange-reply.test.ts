import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import ssh2 from 'ssh2';
import { temporaryFolder } from '../helpers/folder.ts';
import { startProcess } from '../helpers/server-process.ts';

// What was wrong: the answer of a key exchange and NEWKEYS left in two pieces, where OpenSSH sends them in one.
// How it was reached: PuTTY's `pscp -scp`, when it changes keys in an upload, then stands still until anything arrives,
// which was the keepalive of 15 seconds.
// What this verifies: an exchange comes in two pieces, the server's KEXINIT and all the rest.
test('key exchange: the answer and NEWKEYS leave in one piece', async (t) => {
  t.timeout(30_000);
  // Its own process: within one, two pieces would have met before they are read.
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:correct horse\n', { mode: 0o600 });
  const { port } = await startProcess(t, { folder });
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  const socket = connect(port, '127.0.0.1');
  client.connect({ sock: socket, username: 'alice', password: 'correct horse' });
  await once(client, 'ready');

  const { _protocol: protocol } = client as unknown as { readonly _protocol: { rekey(): void } };
  let pieces = 0;
  socket.on('data', () => {
    pieces += 1;
  });
  for (let tries = 0; tries < 20; tries += 1) {
    pieces = 0;
    const exchanged = once(client, 'handshake');
    protocol.rekey();
    await exchanged;
    t.true(pieces <= 2, `${pieces} pieces`);
  }
});
