// What two connections of one program may not do to each other: they read into the same memory.

import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type AuthContext } from 'ssh2';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { say } from '../hostile/liar.ts';
import { MESSAGE, message } from '../hostile/plain-peer.ts';
import { str, u32 } from '../sftp/bytes-of.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What ends the answer to a key exchange: a NEWKEYS, which is longer than that. */
const CUT_BYTES = 20;
/** Longer chunks are content. */
const SHORT_BYTES = 4096;

/** A way to the server on which the end of each short chunk comes later than the rest of it, and after `between`. */
async function startCutter(t: ExecutionContext, server: TestServer, between: () => Promise<unknown>): Promise<number> {
  const cutter = createServer({ noDelay: true }, (near) => {
    const far = connectSocket({ host: server.host, port: server.port, noDelay: true });
    let passed: Promise<unknown> = Promise.resolve();
    const pass = (chunk: Buffer): void => {
      passed = passed.then(() => near.write(chunk));
    };
    far.on('data', (chunk: Buffer) => {
      const at = chunk.length > SHORT_BYTES ? chunk.length : Math.max(0, chunk.length - CUT_BYTES);
      pass(chunk.subarray(0, at));
      if (at === chunk.length) return;
      passed = passed.then(between);
      pass(chunk.subarray(at));
    });
    near.on('data', (chunk: Buffer) => far.write(chunk)).on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    t.teardown(() => near.destroy());
  });
  await new Promise<void>((resolve) => cutter.listen(0, '127.0.0.1', resolve));
  t.teardown(() => cutter.close());
  return (cutter.address() as AddressInfo).port;
}

async function connectAt(t: ExecutionContext, { host }: TestServer, port: number): Promise<Client> {
  const user = { host, port, user: 'alice', password: PASSWORDS.alice };
  const client = await connect({ ...user, verifyHost: () => true, rekey: { rekeyBytes: 150_000 } });
  t.teardown(() => client.quit());
  return client;
}

// Regression. What was wrong: the parts of a key exchange that ssh2 keeps until NEWKEYS lay in memory that the next read
// of any connection went into, and the host's signature no longer matched. How it was reached: the client reads into one
// buffer, and the server's answer and its NEWKEYS came in two reads. What this verifies: key exchanges under way, cut so,
// and another connection at work in between leave every byte as it was.
test('transport: connections of one program share memory, and neither keys nor content get mixed up', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, { 'rekey-bytes': '200K' });
  const home = await server.homeOf('alice');
  const other = await connectAt(t, server, server.port);
  const names = Array.from({ length: 30 }, (_, index) => `a name that is long enough, ${index}`);
  for (const name of names) await writeFile(join(home, name), '');
  const client = await connectAt(t, server, await startCutter(t, server, () => other.list('/')));
  const content = randomBytes(2_000_000);
  await client.upload(content, '/up');
  t.is(sha256(await readFile(join(home, 'up'))), sha256(content));
  t.is(sha256(await client.download('/up')), sha256(content));
});

// Regression. What was wrong: ssh2 makes a list for as many questions as SSH_MSG_USERAUTH_INFO_REQUEST says it has, before it
// looks for them. How it was reached: any server, before its user is logged in: 256 MiB for a message of 17 bytes, also where
// the strings before the number do not fit. What this verifies: such a message ends the connection before ssh2 sees it.
for (const [what, strings] of [
  ['after', Buffer.concat([str(''), str(''), str('')])],
  ['within', Buffer.concat([u32(2 ** 31), str(''), str('')])],
] as const) {
  test(`transport: no room is made for questions that a server only says it asks (${what} its strings)`, async (t) => {
    const hostKeys = [ssh2.utils.generateKeyPairSync('ed25519').private];
    const liar = new ssh2.Server({ hostKeys }, (peer) => {
      peer.on('error', () => {});
      peer.on('authentication', (context: AuthContext) => {
        if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
        say(peer as never, message(MESSAGE.userauthInfoRequest, strings, u32(2 ** 25 - 1)));
      });
    });
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    t.teardown(() => liar.close());
    const { port } = liar.address() as AddressInfo;
    const connecting = connect({ host: '127.0.0.1', port, user: 'alice', password: 'secret', verifyHost: () => true });
    const error = await t.throwsAsync(connecting);
    t.regex(String(error?.message), /asks more than it does/);
  });
}
