// What no honest client sends. Each test also shows that an honest one is served meanwhile.

import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client, ClientChannel } from 'ssh2';
import { startServer, type TestServer } from '../helpers/server.ts';
import { beforeLogin, closed, login, lying, openSubsystem, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';

async function honestClientIsServed(t: ExecutionContext, server: TestServer): Promise<void> {
  const bob = await login(t, server, 'bob');
  t.is((await run(bob, 'whoami')).stdout.toString('utf8'), 'bob\n');
  bob.end();
}

/** Why the connection of `user`, or the one that never logged in, was closed; waits for it. */
async function closeReason(server: TestServer, user?: string): Promise<unknown> {
  let reason: unknown;
  await until(async () => {
    const records = await server.records();
    reason = records.find((record) => record['event'] === 'session.close' && record['user'] === user)?.['reason'];
    return reason !== undefined;
  });
  return reason;
}

function openSession(client: Client): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec('upload never-ends', (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

for (const [what, send] of [
  ['a channel', (client: Client) => lying(client)._protocol.session(0, 2 ** 20, 2 ** 15)],
  ['a global request', (client: Client) => lying(client)._protocol.tcpipForward('127.0.0.1', 0, true)],
  ['channel data', (client: Client) => lying(client)._protocol.channelData(0, Buffer.from('early'))],
] as const) {
  test(`guard: ${what} before login ends the connection (CVE-2018-10933, CVE-2025-32433)`, async (t) => {
    const server = await startServer(t);
    const client = await beforeLogin(t, server, 'mallory');
    const gone = closed(client);
    send(client);
    await gone;
    t.regex(String(await closeReason(server)), /^protocol violation: message \d+ before login$/);
    await honestClientIsServed(t, server);
  });
}

for (const maxPacket of [0, 1, 1023]) {
  test(`guard: a channel with a maximum packet of ${maxPacket} is refused`, async (t) => {
    /*
     * What was wrong: ssh2 cuts data in pieces of the peer's maximum packet size, and with 0 it never ends.
     * How it was reached: one SSH_MSG_CHANNEL_OPEN after login; the whole server stood still and filled the memory.
     * What this verifies: the channel is refused, the connection lives, others are served.
     */
    const server = await startServer(t);
    const client = await login(t, server, 'mallory');
    const protocol = lying(client)._protocol;
    const open = protocol.session.bind(protocol);
    protocol.session = (channel, window) => open(channel, window, maxPacket);
    await t.throwsAsync(openSubsystem(client), { message: /maximum packet size too small/ });
    protocol.session = open;
    t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'mallory\n');
    await honestClientIsServed(t, server);
  });
}

test('guard: an eleventh channel is refused, the ten go on', async (t) => {
  const server = await startServer(t);
  const client = await login(t, server, 'mallory');
  const channels = await Promise.all(Array.from({ length: 10 }, () => openSubsystem(client)));
  await t.throwsAsync(openSubsystem(client), { message: /too many channels/ });
  const channel = channels[9];
  const gone = new Promise((resolve) => channel?.once('close', resolve));
  channel?.resume().end();
  await gone;
  await t.notThrowsAsync(openSubsystem(client));
});

test('guard: data beyond the window ends the connection', async (t) => {
  /*
   * What was wrong: ssh2 checks whether the window is 0, so one message past it makes it negative, and then all is taken.
   * How it was reached: a client that ignores the window of a channel whose reader is slower: 15 MB made 530 MB.
   * What this verifies: the first byte too many ends the connection.
   */
  const server = await startServer(t);
  await writeFile(join(await server.homeOf('mallory'), 'big'), Buffer.alloc(8 * 1024 * 1024));
  const client = await login(t, server, 'mallory');
  const gone = closed(client);
  // The client reads nothing of this, so the server's side of the channel stands still and takes nothing either.
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec('download big', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
  const block = Buffer.alloc(32 * 1024);
  for (let sent = 0; sent < 8 * 1024 * 1024; sent += block.length) lying(client)._protocol.channelData(id, block);
  await gone;
  t.is(await closeReason(server, 'mallory'), 'protocol violation: data beyond the window');
  await honestClientIsServed(t, server);
});

test('guard: forwarding, agents and other subsystems are refused', async (t) => {
  const server = await startServer(t);
  const client = await login(t, server, 'mallory');
  const attempt = (start: (done: (error?: Error) => void) => void): Promise<Error | undefined> =>
    new Promise((resolve) => start(resolve));
  t.truthy(await attempt((done) => client.forwardOut('127.0.0.1', 1, '127.0.0.1', server.port, done)));
  t.truthy(await attempt((done) => client.forwardIn('127.0.0.1', 0, done)));
  t.truthy(await attempt((done) => client.openssh_forwardOutStreamLocal('/var/run/x', done)));
  t.truthy(await attempt((done) => client.subsys('netconf', done)));
  await honestClientIsServed(t, server);
});

test('guard: who connects and says nothing is cut off when the grace time is over', async (t) => {
  const server = await startServer(t, { 'login-grace': '300ms' });
  const socket = connectTcp(server.port, server.host);
  await new Promise((resolve) => socket.once('close', resolve).resume());
  t.is(await closeReason(server), 'login took too long');
});

test('guard: traffic does not extend the grace time', async (t) => {
  const server = await startServer(t, { 'login-grace': '300ms' });
  const socket = connectTcp(server.port, server.host);
  socket.on('error', () => {});
  const gone = new Promise((resolve) => socket.once('close', resolve).resume());
  socket.write('SSH-2.0-trickle\r\n');
  // The length of a packet that never ends, byte by byte.
  socket.write(Buffer.from([0, 0, 0x3f, 0xfc]));
  const drip = setInterval(() => socket.write('x'), 20);
  await gone;
  clearInterval(drip);
  t.is(await closeReason(server), 'login took too long');
});

test('guard: garbage instead of SSH closes the connection and nothing else', async (t) => {
  const server = await startServer(t);
  for (const garbage of [
    'GET / HTTP/1.1\r\n\r\n',
    '\0\0\0\0',
    'x'.repeat(100_000),
    'SSH-1.5-old\r\n',
    'SSH-2.0-\0\n\n\n',
  ]) {
    const socket = connectTcp(server.port, server.host);
    socket.on('error', () => {});
    const gone = new Promise((resolve) => socket.once('close', resolve).resume());
    socket.end(garbage);
    await gone;
  }
  await honestClientIsServed(t, server);
});

test('guard: a client that is killed in the middle of an upload leaves no session and keeps what arrived', async (t) => {
  const server = await startServer(t);
  const client = await login(t, server, 'mallory');
  const channel = await openSession(client);
  channel.write('what arrived');
  // An answer to what was sent later says that this has arrived.
  t.is((await run(client, 'whoami')).status, 0);
  client.destroy();
  t.truthy(await closeReason(server, 'mallory'));
  t.is(await readFile(join(await server.homeOf('mallory'), 'never-ends'), 'utf8'), 'what arrived');
  await honestClientIsServed(t, server);
});

/** The parts of ssh2's client that let a test talk while keys are being exchanged. */
interface Talker {
  readonly _protocol: {
    rekey(): void;
    /** Makes a packet, with room for the message from its fifth byte on, and sends it at once. */
    readonly _cipher: { allocPacket(messageBytes: number): Buffer; encrypt(packet: Buffer): void };
  };
}

/** Begins a key exchange, and sends an IGNORE and `data` on a channel right behind its first message. */
function talkInKeyExchange(client: Client, channel: ClientChannel, data: readonly Buffer[]): void {
  const { _protocol: protocol } = client as unknown as Talker;
  const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
  const send = (...fields: ReadonlyArray<readonly number[] | Buffer>): void => {
    const message = Buffer.concat(fields.map((field) => Buffer.from(field)));
    const packet = protocol._cipher.allocPacket(message.length);
    packet.set(message, 5);
    protocol._cipher.encrypt(packet);
  };
  const uint32 = (value: number): Buffer => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  protocol.rekey();
  send([2], uint32(0));
  for (const block of data) send([94], uint32(id), uint32(block.length), block);
}

test('guard: what arrives during a later key exchange is taken when that is over', async (t) => {
  /*
   * What was wrong: ssh2 ends the connection on IGNORE and on data of channels during every key exchange.
   * How it was reached: AsyncSSH sends both, and wants new keys after 1 GiB: no transfer could be longer.
   * What this verifies: such a client is served with its new keys, and its data is taken once and in order.
   */
  const server = await startServer(t);
  const client = await login(t, server, 'alice');
  const channel = await openSession(client);
  channel.write('one ');
  const exchanged = new Promise<void>((resolve) => client.once('handshake', () => resolve()));
  talkInKeyExchange(client, channel, [Buffer.from('two '), Buffer.from('three ')]);
  await exchanged;
  const gone = new Promise((resolve) => channel.once('close', resolve));
  channel.resume().end('four');
  await gone;
  t.is(await readFile(join(await server.homeOf('alice'), 'never-ends'), 'utf8'), 'one two three four');
});

test('guard: too much during a key exchange ends the connection', async (t) => {
  const server = await startServer(t);
  const client = await login(t, server, 'mallory');
  const channel = await openSession(client);
  const gone = closed(client);
  talkInKeyExchange(client, channel, Array(200).fill(Buffer.alloc(32 * 1024)));
  await gone;
  t.is(await closeReason(server, 'mallory'), 'protocol violation: too much during a key exchange');
  await honestClientIsServed(t, server);
});

test('guard: a second program on a channel that has one is refused, the first goes on', async (t) => {
  /*
   * What was wrong: ssh2 gives no channel for it and no answer; the handler failed, and the first program's output stopped.
   * How it was reached: `exec` twice on one channel.
   * What this verifies: the second is answered with a failure (RFC 4254, section 6.5), the first works to its end.
   */
  const server = await startServer(t);
  const client = await login(t, server, 'mallory');
  const channel = await openSession(client);
  const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
  const refused = new Promise<boolean>((resolve) => {
    (channel as unknown as { _callbacks: Array<(failed: boolean) => void> })._callbacks.push(resolve);
  });
  lying(client)._protocol.exec(id, 'whoami', true);
  t.true(await refused);
  const status = new Promise((resolve) => channel.once('exit', resolve).resume());
  channel.end('content');
  t.is(await status, 0);
  t.is(await readFile(join(await server.homeOf('mallory'), 'never-ends'), 'utf8'), 'content');
});
