// New keys under way: when they are exchanged, that nothing is lost meanwhile, and what a client may not do then.

import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type Client } from 'ssh2';
import { connect } from '../../src/client/connect.ts';
import { keepRekeying, type RekeyLimits } from '../../src/transport/rekey.ts';
import { nativeCiphers, type Protocol } from '../../src/transport/ssh2-protocol.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { closed, login, lying, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';

const SIZE_BYTES = 6_000_000;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Counts the key exchanges that a client takes part in. */
function countExchanges(client: Client): () => number {
  let count = 0;
  client.on('handshake', () => {
    count += 1;
  });
  return () => count;
}

/** An upload and a download at the same time on one connection; every byte must come through. */
async function transferBothWays(t: ExecutionContext, server: TestServer, client: Client): Promise<void> {
  const home = await server.homeOf('alice');
  const [up, down] = [randomBytes(SIZE_BYTES), randomBytes(SIZE_BYTES)];
  await writeFile(join(home, 'down'), down);
  const [sent, received] = await Promise.all([run(client, 'upload up', up), run(client, 'download down')]);
  t.deepEqual([sent.status, received.status], [0, 0]);
  t.is(sha256(received.stdout), sha256(down));
  t.is(sha256(await readFile(join(home, 'up'))), sha256(up));
}

const CIPHERS = ['aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com'] as const;

for (const cipher of CIPHERS.filter((name) => nativeCiphers || !name.startsWith('chacha20'))) {
  test(`rekey: the server exchanges keys in time under load both ways, and no byte is lost (${cipher})`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { 'rekey-bytes': '256K' });
    const client = await login(t, server, 'alice', { algorithms: { cipher: [cipher] } });
    const exchanges = countExchanges(client);
    await transferBothWays(t, server, client);
    t.true(exchanges() >= 10, String(exchanges()));
    t.true(exchanges() <= (2 * SIZE_BYTES) / (256 * 1024) + 2, String(exchanges()));
  });
}

test('rekey: the server exchanges keys when the time has come, and serves on', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t, { 'rekey-time': '150ms' });
  const client = await login(t, server, 'alice');
  const exchanges = countExchanges(client);
  await until(() => exchanges() >= 2);
  t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'alice\n');
});

test('rekey: our client exchanges keys in time, and so does the server at the same time', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { 'rekey-bytes': '300K' });
  const { host, port } = server;
  const user = { host, port, user: 'alice', password: PASSWORDS.alice, verifyHost: () => true };
  const client = await connect({ ...user, rekey: { rekeyBytes: 200_000 } });
  const home = await server.homeOf('alice');
  const [up, down] = [randomBytes(SIZE_BYTES), randomBytes(SIZE_BYTES)];
  await writeFile(join(home, 'down'), down);
  const local = join(server.folder, 'local');
  await Promise.all([client.upload(up, '/up'), client.download('/down', local)]);
  await client.quit();
  t.is(sha256(await readFile(local)), sha256(down));
  t.is(sha256(await readFile(join(home, 'up'))), sha256(up));
});

/** Why the only connection of alice was closed; waits for it. */
async function closeReason(server: TestServer): Promise<unknown> {
  let record: Record<string, unknown> | undefined;
  await until(async () => {
    record = (await server.records()).find(({ event }) => event === 'session.close');
    return record !== undefined;
  });
  return record?.['reason'];
}

interface SilentClient {
  readonly _protocol: {
    rekey(): void;
    _onPayload: (payload: Buffer) => unknown;
    _decipher: { _onPayload: (payload: Buffer) => unknown };
  };
}

/** Makes the client deaf from the server's next KEXINIT on; tells whether that has come. */
function deafFromKexInit(client: Client): () => boolean {
  const { _protocol: protocol } = client as unknown as SilentClient;
  let isAsked = false;
  const untilAsked =
    (handle: (payload: Buffer) => unknown) =>
    (payload: Buffer): unknown => {
      isAsked ||= payload[0] === 20;
      return isAsked ? undefined : handle(payload);
    };
  // The server may be at an exchange already: the next keys' messages come another way than those of now.
  protocol._onPayload = untilAsked(protocol._onPayload);
  protocol._decipher._onPayload = untilAsked(protocol._decipher._onPayload);
  return () => isAsked;
}

test('rekey: a client that begins one and says nothing more is ended', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t, { 'rekey-timeout': '300ms' });
  const client = await login(t, server, 'alice');
  const gone = closed(client);
  const { _protocol: protocol } = client as unknown as SilentClient;
  protocol.rekey();
  protocol._decipher._onPayload = () => undefined;
  await gone;
  t.is(await closeReason(server), 'protocol violation: the key exchange was not finished');
});

test('rekey: a client that does not answer the server’s is ended, however much it talks', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t, { 'rekey-time': '200ms', 'rekey-timeout': '500ms' });
  const client = await login(t, server, 'alice');
  const gone = closed(client);
  const { _protocol: protocol } = client as unknown as SilentClient;
  protocol._decipher._onPayload = () => undefined;
  const talk = setInterval(() => lying(client)._protocol.openssh_noMoreSessions(false), 50);
  await gone;
  clearInterval(talk);
  t.is(await closeReason(server), 'protocol violation: the key exchange was not finished');
});

// What was wrong: ssh2 keeps every packet that it is to send during a key exchange, without limit.
// How it was reached: a client that left the server's KEXINIT unanswered and went on asking: 164 MB in 20 s.
// What this verifies: it is ended when a bounded amount waits.
test('rekey: a client that goes on asking and never answers the server’s key exchange costs bounded memory', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { 'rekey-time': '200ms', 'max-unsent': '64K' });
  const client = await login(t, server, 'alice');
  await until(deafFromKexInit(client));
  const gone = closed(client);
  let isGone = false;
  client.once('close', () => {
    isGone = true;
  });
  while (!isGone) {
    for (let index = 0; index < 500; index += 1) lying(client)._protocol.tcpipForward('127.0.0.1', 0, true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gone;
  t.is(await closeReason(server), 'protocol violation: too much waits for the key exchange');
});

test('rekey: a download waits for the end of a key exchange, and does not heap up meanwhile', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { 'rekey-time': '100ms', 'rekey-timeout': '1s', 'max-unsent': '1M' });
  await writeFile(join(await server.homeOf('alice'), 'zeros'), Buffer.alloc(200_000_000));
  const client = await login(t, server, 'alice');
  await until(deafFromKexInit(client));
  const before = process.memoryUsage().rss;
  const gone = closed(client);
  client.exec('download zeros', () => {});
  await gone;
  t.is(await closeReason(server), 'protocol violation: the key exchange was not finished');
  t.true(process.memoryUsage().rss - before < 100_000_000, 'memory');
});

test('rekey: a second key exchange before the login ends the connection', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t);
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  client.on('error', () => {});
  const gone = closed(client);
  client.connect({
    host: server.host,
    port: server.port,
    username: 'mallory',
    // Never calls back: the connection stays between key exchange and login.
    authHandler: (() => (client as unknown as SilentClient)._protocol.rekey()) as unknown as ssh2.AuthHandlerMiddleware,
  });
  await gone;
  t.is(await closeReason(server), 'protocol violation: a second key exchange before the login');
});

/** Only what `keepRekeying` looks at. */
function fakeProtocol(): { protocol: Protocol; rekeys: () => number; queue: (packets: Uint8Array[]) => void } {
  let rekeys = 0;
  const protocol = {
    _authenticated: true,
    _queue: undefined as Uint8Array[] | undefined,
    _onPayload: () => undefined,
    _onWrite: () => {},
    _onHandshakeComplete: () => {},
    rekey: () => {
      rekeys += 1;
    },
  };
  return {
    protocol: protocol as unknown as Protocol,
    rekeys: () => rekeys,
    queue: (packets) => {
      protocol._queue = packets;
    },
  };
}

const LIMITS: RekeyLimits = { rekeyBytes: 1000, rekeyTimeMs: 3_600_000, rekeyTimeoutMs: 3_600_000 };

test('rekey: begins at the limit of either direction, once, and counts anew afterwards', async (t) => {
  const { protocol, rekeys } = fakeProtocol();
  const rekeying = keepRekeying({ protocol, limits: LIMITS, maxWaitingBytes: 100, onStalled: (what) => t.fail(what) });
  t.teardown(() => rekeying.stop());
  protocol._onPayload(Buffer.alloc(999, 94));
  t.is(rekeys(), 0);
  protocol._onPayload(Buffer.alloc(1, 94));
  t.is(rekeys(), 1);
  protocol._onPayload(Buffer.alloc(5000, 94));
  t.is(rekeys(), 1);
  protocol._onHandshakeComplete({});
  protocol._onWrite(Buffer.alloc(900));
  protocol._onWrite(Buffer.alloc(900));
  t.is(rekeys(), 1, 'in the middle of a packet');
  await new Promise((resolve) => setImmediate(resolve));
  t.is(rekeys(), 2);
});

test('rekey: who waits is called when it is over, and not after the end of the connection', (t) => {
  const { protocol } = fakeProtocol();
  const rekeying = keepRekeying({ protocol, limits: LIMITS, maxWaitingBytes: 100, onStalled: (what) => t.fail(what) });
  const called: string[] = [];
  rekeying.whenDone(() => called.push('before'));
  protocol._onPayload(Buffer.from([20]));
  rekeying.whenDone(() => called.push('during'));
  t.deepEqual(called, ['before']);
  protocol._onHandshakeComplete({});
  t.deepEqual(called, ['before', 'during']);
  protocol._onPayload(Buffer.from([20]));
  rekeying.whenDone(() => called.push('never'));
  rekeying.stop();
  protocol._onHandshakeComplete({});
  rekeying.whenDone(() => called.push('never'));
  t.deepEqual(called, ['before', 'during']);
});

test('rekey: what waits is counted once, and too much of it ends the connection once', (t) => {
  const { protocol, queue } = fakeProtocol();
  const stalls: string[] = [];
  keepRekeying({ protocol, limits: LIMITS, maxWaitingBytes: 100, onStalled: (what) => stalls.push(what) });
  protocol._onPayload(Buffer.from([20]));
  const packets = [Buffer.alloc(60)];
  queue(packets);
  for (let index = 0; index < 5; index += 1) protocol._onPayload(Buffer.from([80]));
  t.deepEqual(stalls, []);
  packets.push(Buffer.alloc(60));
  for (let index = 0; index < 5; index += 1) protocol._onPayload(Buffer.from([80]));
  t.deepEqual(stalls, ['too much waits for the key exchange']);
});
