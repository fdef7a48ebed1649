import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { ClientChannel, ServerChannel } from 'ssh2';
import { createReading } from '../../src/sshd/reading.ts';
import { RoundTrip } from '../../src/sshd/round-trip.ts';
import { pressureOn, windowFor } from '../../src/sshd/upload-window.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { login, openSubsystem } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { pressed, socketOf } from '../hostile/liar.ts';
import { sftpPeer } from '../hostile/sftp-peer.ts';
import { packet, str, u8, u32, u64 } from '../sftp/bytes-of.ts';

const OPEN = 3;
const READ = 5;
const WRITE = 6;
const STAT = 17;
const CREATE = 0x2 | 0x8 | 0x10;
const PIECE_BYTES = 255 * 1024;

/** What the client may still send. */
function credit(channel: ClientChannel): number {
  return (channel as unknown as { outgoing: { window: number } }).outgoing.window;
}

function write(handle: Buffer, number: number, data: Buffer): Buffer {
  return packet(u8(WRITE), u32(number), str(handle), u64(number * PIECE_BYTES), str(data));
}

/** One way. */
const DELAY_MS = 30;

/** The server at the end of a long way. */
async function startFarAway(t: ExecutionContext, server: TestServer): Promise<TestServer> {
  const relay = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: server.host, port: server.port, noDelay: true });
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (chunk: Buffer) => setTimeout(() => to.write(chunk), DELAY_MS));
      from.on('close', () => setTimeout(() => to.destroy(), DELAY_MS)).on('error', () => from.destroy());
    };
    pass(near, far);
    pass(far, near);
    t.teardown(() => near.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.teardown(() => relay.close());
  return { ...server, port: (relay.address() as AddressInfo).port };
}

test('upload window: a client near by may not send as much ahead as the setting says', async (t) => {
  const server = await startServer(t, { window: '8M' });
  const channel = await openSubsystem(await login(t, server, 'alice'));
  channel.write(packet(u8(1), u32(3)));
  await once(channel, 'data');
  // 2 MiB, unless this machine takes its time.
  t.true(credit(channel) < 7 * 1024 * 1024, String(credit(channel)));
});

test('upload window: it is as wide as the way is long, and no wider than the setting', (t) => {
  const MIB = 1024 * 1024;
  t.is(windowFor(undefined, 16 * MIB), 2 * MIB);
  t.is(windowFor(0.3, 16 * MIB), 2 * MIB);
  t.is(windowFor(50, 16 * MIB), 50 * 160 * 1024);
  t.is(windowFor(300, 16 * MIB), 16 * MIB);
  t.is(windowFor(300, MIB), MIB);
});

test('round trip: the shortest way from what was sent to what answers it', (t) => {
  let nowMs = 0;
  const roundTrip = new RoundTrip(() => nowMs);
  const after = (ms: number, type: number): void => {
    roundTrip.sent();
    nowMs += ms;
    roundTrip.received(type);
  };
  after(1, 20);
  t.is(roundTrip.leastMs, undefined, 'a KEXINIT answers nothing');
  after(4000, 50);
  t.is(roundTrip.leastMs, 4000);
  after(40, 90);
  after(60, 98);
  t.is(roundTrip.leastMs, 40);
  nowMs += 1;
  roundTrip.received(98);
  t.is(roundTrip.leastMs, 40, 'nothing was sent that it could answer');
});

test('upload window: a client far away may send as much ahead as the setting says, and all of it arrives', async (t) => {
  const server = await startServer(t, { window: '8M' });
  const home = await server.homeOf('alice');
  const channel = await openSubsystem(await login(t, await startFarAway(t, server), 'alice'));
  await until(() => credit(channel) > 4 * 1024 * 1024);
  t.true(credit(channel) <= 8 * 1024 * 1024);
  const replies: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => replies.push(chunk));
  const received = (): number => replies.reduce((sum, { length }) => sum + length, 0);
  channel.write(packet(u8(1), u32(3)));
  await until(() => received() > 0);
  replies.length = 0;
  channel.write(packet(u8(OPEN), u32(1), str('wide'), u32(CREATE), u32(0)));
  await until(() => received() > 0);
  const handle = Buffer.concat(replies).subarray(13);
  const pieces = Array.from({ length: 100 }, () => randomBytes(PIECE_BYTES));
  for (const [number, piece] of pieces.entries()) channel.write(write(handle, number, piece));
  // Behind all the writes, so its answer is theirs.
  channel.write(packet(u8(STAT), u32(1000), str('wide')));
  await until(() => Buffer.concat(replies).includes(Buffer.concat([u8(105), u32(1000)])), 30_000);
  t.true((await readFile(join(home, 'wide'))).equals(Buffer.concat(pieces)));
  await until(() => credit(channel) > 6 * 1024 * 1024);
});

test('upload window: replies that are taken late hold nothing up for good, however much was sent meanwhile', async (t) => {
  /*
   * What was wrong: a client that takes its replies late is heard on, as it must tell that it takes them; but not when more than
   * 2 MiB of what it had sent meanwhile waited, behind which it tells that: neither side went on.
   * How it was reached: a window of more than 2 MiB, as a long way gives, with much to read and to write on one channel.
   * What this verifies: each request is answered once the client takes replies again.
   */
  t.timeout(60_000);
  const server = await startServer(t, { window: '8M' });
  await writeFile(join(await server.homeOf('alice'), 'file'), Buffer.alloc(PIECE_BYTES));
  const client = await login(t, await startFarAway(t, server), 'alice');
  const peer = await sftpPeer(client);
  const handleOf = async (name: string, flags: number): Promise<Buffer> =>
    (await peer.ask(OPEN, str(name), u32(flags), u32(0))).body.subarray(4);
  const file = await handleOf('file', 1);
  const written = await handleOf('new', CREATE);
  peer.channel.pause();
  const reads = 40;
  const writes = 20;
  for (let sent = 0; sent < reads; sent += 1) peer.send(READ, str(file), u64(0), u32(PIECE_BYTES));
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let sent = 0; sent < writes; sent += 1) peer.send(WRITE, str(written), u64(sent * PIECE_BYTES), str(piece));
  // Either way the server has taken by then what it takes.
  await pressed(socketOf(client));
  peer.channel.resume();
  await peer.has(2 + reads + writes);
  t.pass();
});

test('reading: goes on when the last reason to wait is gone, and not before', (t) => {
  const calls: string[] = [];
  const reading = createReading({
    pause: () => calls.push('pause') as never,
    resume: () => calls.push('resume') as never,
  });
  reading.goOn('unsent');
  reading.stop('unsent');
  reading.stop('queued');
  reading.goOn('unsent');
  reading.goOn('unsent');
  t.deepEqual(calls, ['pause', 'pause']);
  reading.goOn('queued');
  t.deepEqual(calls, ['pause', 'pause', 'resume']);
});

function underPressure() {
  const calls: string[] = [];
  let channels = 1;
  const channel = new PassThrough();
  channel.on('pause', () => calls.push('channel waits')).on('resume', () => calls.push('channel goes on'));
  channel.resume();
  const reading = createReading({
    pause: () => calls.push('connection waits') as never,
    resume: () => calls.push('connection goes on') as never,
  });
  const pressure = pressureOn({
    channel: channel as unknown as ServerChannel,
    reading,
    isAlone: () => channels === 1,
  });
  return {
    pressure,
    channel,
    another: () => {
      channels += 1;
    },
    /** What was done since it was last asked for. */
    done: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return calls.splice(0);
    },
  };
}

test('pressure: too many requests on the only channel stop the connection, and on one of several the channel', async (t) => {
  const { pressure, another, done } = underPressure();
  await done();
  pressure.stop('requests');
  t.deepEqual(await done(), ['connection waits']);
  pressure.goOn();
  t.deepEqual(await done(), ['connection goes on']);
  another();
  pressure.stop('requests');
  t.deepEqual(await done(), ['channel waits']);
  pressure.goOn();
  t.deepEqual(await done(), ['channel goes on']);
});

test('pressure: replies that are not taken never stop the connection, on which the client tells that it takes them', async (t) => {
  const { pressure, done } = underPressure();
  await done();
  pressure.stop('requests');
  pressure.stop('replies');
  t.deepEqual(await done(), ['connection waits', 'connection goes on', 'channel waits']);
});

test('pressure: a channel that is closed while its connection waits lets that go on', async (t) => {
  const { pressure, channel, done } = underPressure();
  await done();
  pressure.stop('requests');
  channel.destroy();
  t.deepEqual(await done(), ['connection waits', 'connection goes on']);
});
