// Regression. What was wrong: a packet whose body came in one read and whose MAC came in the next was read over by another
// connection in between, and the connection ended with "Invalid MAC". How it was reached: all connections read into one
// buffer, and ssh2 keeps the place of such a body. What this verifies: wherever packets are cut, and whoever is read from
// in between, what arrives is what was sent.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { CipherAlgorithm, Client, SFTPWrapper } from 'ssh2';
import { readIntoShared } from '../../src/transport/shared-reads.ts';
import type { Protocol } from '../../src/transport/ssh2-protocol.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';

/** Where a packet is cut, from its end when negative: before the MAC, in it, in the length, behind it, in the body. */
const CUTS = [-16, -1, -32, 3, 4, 5, 100];

const CIPHERS: CipherAlgorithm[] = ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr'];

function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
}

function upload(sftp: SFTPWrapper, path: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    sftp.writeFile(path, content, (error) => (error ? reject(error) : resolve())),
  );
}

/**
 * Sends each packet of the client in two parts, and calls `between` for each; its packets wait for each other. Resolves,
 * when it is asked to, once all are sent and no more are cut.
 */
function cutPackets(socket: net.Socket, between: () => Promise<void>): () => Promise<void> {
  const whole = socket.write;
  const write = socket.write.bind(socket) as (data: Uint8Array) => boolean;
  let before = Promise.resolve();
  let packets = 0;
  socket.write = ((data: Uint8Array) => {
    const cut = CUTS[packets % CUTS.length] ?? 0;
    packets += 1;
    const copy = Buffer.from(data);
    before = before.then(async () => {
      write(copy.subarray(0, cut));
      await between();
      write(copy.subarray(cut));
    });
    return true;
  }) as typeof socket.write;
  return async () => {
    await before;
    socket.write = whole;
  };
}

async function connectedSocket(server: TestServer): Promise<net.Socket> {
  const socket = net.connect({ host: server.host, port: server.port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

for (const cipher of CIPHERS) {
  test(`shared reads: packets that are cut arrive whole, with another connection in between (${cipher})`, async (t) => {
    const server = await startServer(t);
    const home = await server.homeOf('alice');
    const noise = await openSftp(await login(t, server, 'mallory'));
    const socket = await connectedSocket(server);
    const alice = await login(t, server, 'alice', { sock: socket, algorithms: { cipher: [cipher] } });
    const sftp = await openSftp(alice);
    let reads = 0;
    const stopCutting = cutPackets(socket, async () => {
      reads += 1;
      await upload(noise, 'noise', randomBytes(40_000));
    });
    const content = randomBytes(300_000);
    await upload(sftp, 'cut', content);
    t.deepEqual(await readFile(join(home, 'cut')), content);
    // A channel whose reader keeps what it is given.
    const { status } = await run(alice, 'upload by-command', content);
    await stopCutting();
    t.is(status, 0);
    t.deepEqual(await readFile(join(home, 'by-command')), content);
    t.true(reads > 20);
  });
}

test('shared reads: uploads of many connections at once do not mix', async (t) => {
  const server = await startServer(t);
  const home = await server.homeOf('alice');
  const contents = Array.from({ length: 8 }, () => randomBytes(3_000_000));
  await Promise.all(
    contents.map(async (content, index) =>
      upload(await openSftp(await login(t, server, 'alice')), `${index}`, content),
    ),
  );
  for (const [index, content] of contents.entries()) {
    t.true((await readFile(join(home, `${index}`))).equals(content), `upload ${index}`);
  }
});

test('shared reads: a socket of another make is left as it is', async (t) => {
  await t.notThrowsAsync(async () => {
    const socket = new net.Socket();
    t.false(readIntoShared(socket, {} as Protocol), 'it has no handle');
    socket.destroy();
  });
});

test('shared reads: an accepted socket of this version of Node reads into the shared buffer', async (t) => {
  const listener = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => listener.close());
  await new Promise((resolve) => listener.once('listening', resolve));
  const accepted = new Promise<net.Socket>((resolve) => listener.once('connection', resolve));
  const peer = net.connect((listener.address() as net.AddressInfo).port, '127.0.0.1');
  const socket = await accepted;
  t.teardown(() => socket.destroy());
  t.teardown(() => peer.destroy());
  const chunks: Buffer[] = [];
  const next = (): Promise<unknown> => new Promise((resolve) => socket.once('data', resolve));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  t.true(readIntoShared(socket, { _decipher: undefined } as unknown as Protocol));
  let arrived = next();
  peer.write('first');
  await arrived;
  t.is(String(chunks[0]), 'first');
  arrived = next();
  peer.write('again');
  await arrived;
  t.is(String(chunks[1]), 'again');
  t.is(String(chunks[0]), 'again', 'the same memory');
  // Who pauses is left alone, and nothing is lost.
  socket.pause();
  arrived = next();
  peer.end('later');
  await new Promise((resolve) => peer.once('finish', resolve));
  t.is(chunks.length, 2);
  socket.resume();
  await arrived;
  t.is(String(chunks[2]), 'later');
});
