// What anybody on the internet can send before there are keys: no login, not even a client is needed.

import { createECDH, generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import test from 'ava';
import { encodeStrings } from '../../src/transport/wire.ts';
import { until } from '../helpers/until.ts';
import { u32 } from '../sftp/bytes-of.ts';
import { pressed } from './liar.ts';
import { kexInitialOf, kexInitOf, MESSAGE, message, type PlainPeer, plainPacket, plainPeer } from './plain-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

function x25519(): Buffer {
  const { publicKey } = generateKeyPairSync('x25519');
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
}

/** Sends `attack` to a new connection and waits for its end; resolves to what the server said. */
async function cutOff(victim: Victim, attack: (peer: PlainPeer) => void): Promise<readonly number[]> {
  const peer = plainPeer(victim);
  await peer.until(MESSAGE.kexInit);
  attack(peer);
  await peer.closed;
  return peer.received;
}

/** Offered besides what is by default, so that there is something to attack. */
const NIST = { kex: '+ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521' };

/** Neither the server's part of an exchange, nor new keys. */
const isNoExchange = (received: readonly number[]): boolean =>
  received.every((type) => type === MESSAGE.kexInit || type === MESSAGE.disconnect);

test.serial('control: an honest exchange by hand is answered with new keys', async (t) => {
  const victim = await startVictim(t);
  for (const isStrict of [true, false]) {
    const peer = plainPeer(victim);
    await peer.until(MESSAGE.kexInit);
    peer.send(kexInitOf({ isStrict }), kexInitialOf(x25519()));
    await peer.until(MESSAGE.newKeys);
    t.deepEqual(peer.received, [MESSAGE.kexInit, MESSAGE.kexReply, MESSAGE.newKeys]);
    peer.socket.destroy();
  }
  const loose = plainPeer(victim);
  await loose.until(MESSAGE.kexInit);
  // Without strict key exchange RFC 4253 allows it; there are clients that do so.
  loose.send(kexInitOf({ isStrict: false }), message(MESSAGE.ignore, u32(0)), kexInitialOf(x25519()));
  await loose.until(MESSAGE.newKeys);
  t.deepEqual(loose.received, [MESSAGE.kexInit, MESSAGE.kexReply, MESSAGE.newKeys]);
  loose.socket.destroy();
  await survives(t, victim);
});

test.serial('banner: one that never ends is cut off, in lines or without', async (t) => {
  // Would go wrong: lines before the identification are passed over for ever, or kept until the memory is full.
  const victim = await startVictim(t);
  for (const piece of ['a line that is no identification\r\n'.repeat(1000), 'x'.repeat(32_000), '\0'.repeat(32_000)]) {
    const peer = plainPeer(victim, { identification: '' });
    for (let sent = 0; sent < 64 * 1024 * 1024 && !peer.socket.destroyed; sent += piece.length) {
      if (!peer.socket.write(piece)) {
        await Promise.race([new Promise((resolve) => peer.socket.once('drain', resolve)), peer.closed]);
      }
    }
    await peer.closed;
    t.true(peer.socket.bytesWritten < 16 * 1024 * 1024, `took ${peer.socket.bytesWritten}`);
    t.deepEqual(
      peer.received.filter((type) => type !== MESSAGE.kexInit && type !== MESSAGE.disconnect),
      [],
    );
  }
  await survives(t, victim);
});

test.serial(
  'packet: a length or a padding that is a lie ends the connection, and nothing is set aside for it',
  async (t) => {
    // Would go wrong: 4 GiB are allocated for a length, a negative payload is read, a length of 0 loops.
    const victim = await startVictim(t);
    const lies: Record<string, { length?: number; padding?: number }> = {
      'length 0': { length: 0 },
      'length 1': { length: 1 },
      'length 2': { length: 2 },
      'length 35,001': { length: 35_001 },
      'length 2^31 - 1': { length: 2 ** 31 - 1 },
      'length 2^31': { length: 2 ** 31 },
      'length 2^32 - 1': { length: 2 ** 32 - 1 },
      'padding over the packet': { padding: 255 },
      'padding as long as the packet': { padding: 12 },
    };
    for (const [what, lie] of Object.entries(lies)) {
      const received = await cutOff(victim, (peer) => {
        peer.write(plainPacket(message(MESSAGE.ignore, u32(0)), lie));
        peer.write(Buffer.alloc(64 * 1024));
      });
      t.true(isNoExchange(received), what);
    }
    await survives(t, victim, 60);
  },
);

test.serial('packet: after a length that is a lie nothing is kept, also of a peer that does not hang up', async (t) => {
  /*
   * What was wrong: ssh2 goes on reading after an error, and keeps what comes as the body of the packet of 2 GiB.
   * How it was reached: the peer does not close its side when the server does: 350 MB in the two seconds until it is cut off.
   * What this verifies: what comes after the error is thrown away.
   */
  const victim = await startVictim(t);
  const socket = connect({ host: victim.host, port: victim.port, allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  const isRefused = new Promise((resolve) => socket.once('end', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {}).resume();
  socket.write('SSH-2.0-attack\r\n');
  socket.write(plainPacket(message(MESSAGE.ignore, u32(0)), { length: 2 ** 31 - 1 }));
  await isRefused;
  const piece = Buffer.alloc(1024 * 1024);
  while (!socket.destroyed) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await survives(t, victim, 60);
});

test.serial('order: messages of key exchange out of order end the connection', async (t) => {
  // Would go wrong: keys are taken into use that nobody agreed on, or a state is left that the next message breaks.
  const victim = await startVictim(t);
  const init = kexInitOf();
  const point = kexInitialOf(x25519());
  const newKeys = message(MESSAGE.newKeys);
  const orders: Record<string, readonly Buffer[]> = {
    'NEWKEYS first': [newKeys],
    'NEWKEYS before the exchange': [init, newKeys],
    'public key before KEXINIT': [point, init],
    'two KEXINITs': [init, init],
    'reply of a server': [init, message(MESSAGE.kexReply, encodeStrings(['', '', '']))],
    'KEXINIT cut off': [init.subarray(0, 40)],
    'KEXINIT with names that end beyond it': [message(MESSAGE.kexInit, Buffer.alloc(16), u32(2 ** 32 - 1))],
    'nothing in common': [kexInitOf({ kex: 'diffie-hellman-group1-sha1' })],
    'compression only': [kexInitOf({ compression: 'zlib' })],
    'delayed compression only': [kexInitOf({ compression: 'zlib@openssh.com' })],
  };
  for (const [what, messages] of Object.entries(orders)) {
    t.true(isNoExchange(await cutOff(victim, (peer) => peer.send(...messages))), what);
  }
  await survives(t, victim, 60);
});

test.serial('order: messages without a type are passed over, and take nobody further', async (t) => {
  const victim = await startVictim(t);
  const empty = Buffer.alloc(0);
  const peer = plainPeer(victim);
  await peer.until(MESSAGE.kexInit);
  peer.send(...Array<Buffer>(5000).fill(empty));
  t.is(await pressed(peer.socket), 'taken');
  t.deepEqual(peer.received, [MESSAGE.kexInit]);
  peer.socket.resetAndDestroy();
  await survives(t, victim, 60);
});

test.serial('order: two public keys get one answer, and the connection ends', async (t) => {
  const victim = await startVictim(t);
  const point = kexInitialOf(x25519());
  const received = await cutOff(victim, (peer) => peer.send(kexInitOf(), point, point));
  t.true(received.filter((type) => type === MESSAGE.kexReply).length <= 1);
  await survives(t, victim, 60);
});

test.serial(
  'Terrapin: under strict key exchange nothing may be slipped in before NEWKEYS (CVE-2023-48795)',
  async (t) => {
    // Would go wrong: sequence numbers are moved on by what is slipped in, so that the first encrypted messages, as
    // EXT_INFO, can be cut away and nobody notices.
    const victim = await startVictim(t);
    const point = kexInitialOf(x25519());
    const slips: Record<string, Buffer> = {
      ignore: message(MESSAGE.ignore, encodeStrings(['x'])),
      debug: message(MESSAGE.debug, Buffer.from([0]), encodeStrings(['x', ''])),
      unimplemented: message(MESSAGE.unimplemented, u32(0)),
      extInfo: message(MESSAGE.extInfo, u32(0)),
    };
    for (const [what, slip] of Object.entries(slips)) {
      const before = await cutOff(victim, (peer) => peer.send(slip, kexInitOf(), point));
      t.true(isNoExchange(before), `${what} before KEXINIT`);
      const between = await cutOff(victim, (peer) => peer.send(kexInitOf(), slip, point));
      t.true(isNoExchange(between), `${what} before the public key`);
      // The answer is on its way by then: what counts is that nothing goes on.
      await cutOff(victim, (peer) => peer.send(kexInitOf(), point, slip));
    }
    await survives(t, victim, 60);
  },
);

test.serial(
  'phases: what belongs after the key exchange ends the connection before it (CVE-2018-10933, CVE-2025-32433)',
  async (t) => {
    // Would go wrong: a service, a login or a channel is had without keys, and so without knowing who is there.
    const victim = await startVictim(t);
    const password = encodeStrings(['alice', 'ssh-connection', 'password']);
    const early: Record<string, Buffer> = {
      'service request': message(MESSAGE.serviceRequest, encodeStrings(['ssh-userauth'])),
      'other service': message(MESSAGE.serviceRequest, encodeStrings(['ssh-connection'])),
      login: message(MESSAGE.userauthRequest, password, Buffer.from([0]), encodeStrings(['correct horse'])),
      success: message(MESSAGE.userauthSuccess),
      'global request': message(MESSAGE.globalRequest, encodeStrings(['tcpip-forward']), Buffer.from([1])),
      channel: message(MESSAGE.channelOpen, encodeStrings(['session']), u32(0), u32(1 << 20), u32(1 << 15)),
      exec: message(MESSAGE.channelRequest, u32(0), encodeStrings(['exec']), Buffer.from([1]), encodeStrings(['ls'])),
      ping: message(MESSAGE.ping, encodeStrings(['x'])),
    };
    for (const [what, one] of Object.entries(early)) {
      t.true(isNoExchange(await cutOff(victim, (peer) => peer.send(one))), `${what} first`);
      t.true(isNoExchange(await cutOff(victim, (peer) => peer.send(kexInitOf(), one))), `${what} in the exchange`);
      await cutOff(victim, (peer) => peer.send(kexInitOf(), kexInitialOf(x25519()), one));
    }
    const logins = (await victim.records()).filter(({ event, user }) => event === 'session.login' && user !== 'bob');
    t.deepEqual(logins, []);
    await survives(t, victim, 60);
  },
);

test.serial('points: public keys that are none get no keys', async (t) => {
  // Would go wrong: a secret that the attacker knows is agreed on (a point of low order, or off the curve), or the
  // process ends with an error nobody catches.
  const victim = await startVictim(t, NIST);
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const offCurve = Buffer.from(ecdh.getPublicKey());
  offCurve.writeUInt8(offCurve.readUInt8(64) ^ 1, 64);
  const lowOrder = 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800';
  const honest = plainPeer(victim);
  honest.send(kexInitOf({ kex: 'ecdh-sha2-nistp256' }), kexInitialOf(ecdh.getPublicKey()));
  await honest.until(MESSAGE.newKeys);
  t.true(honest.received.includes(MESSAGE.newKeys), 'a point that is one');
  honest.socket.destroy();
  const points: ReadonlyArray<readonly [kex: string, what: string, point: Buffer]> = [
    ['curve25519-sha256', 'zero', Buffer.alloc(32)],
    ['curve25519-sha256', 'one', Buffer.alloc(32).fill(1, 0, 1)],
    ['curve25519-sha256', 'of low order', Buffer.from(lowOrder, 'hex')],
    ['curve25519-sha256', 'empty', Buffer.alloc(0)],
    ['curve25519-sha256', 'short', x25519().subarray(1)],
    ['curve25519-sha256', 'long', Buffer.alloc(33, 9)],
    ['curve25519-sha256', 'of 30,000 bytes', Buffer.alloc(30_000, 9)],
    ['curve25519-sha256@libssh.org', 'zero', Buffer.alloc(32)],
    ['ecdh-sha2-nistp256', 'off the curve', offCurve],
    ['ecdh-sha2-nistp256', 'empty', Buffer.alloc(0)],
    ['ecdh-sha2-nistp256', 'at infinity', Buffer.alloc(1)],
    ['ecdh-sha2-nistp256', 'zero', Buffer.alloc(65).fill(4, 0, 1)],
    ['ecdh-sha2-nistp256', 'of another curve', x25519()],
    ['ecdh-sha2-nistp384', 'off the curve', Buffer.alloc(97, 4)],
    ['ecdh-sha2-nistp521', 'off the curve', Buffer.alloc(133, 4)],
    ['mlkem768x25519-sha256', 'empty', Buffer.alloc(0)],
    ['mlkem768x25519-sha256', 'short', Buffer.alloc(1215, 1)],
    ['mlkem768x25519-sha256', 'long', Buffer.alloc(1217, 1)],
    ['mlkem768x25519-sha256', 'not reduced', Buffer.concat([Buffer.alloc(1184, 0xff), x25519()])],
    ['mlkem768x25519-sha256', 'with a zero point', Buffer.alloc(1216)],
  ];
  for (const [kex, what, point] of points) {
    const received = await cutOff(victim, (peer) => peer.send(kexInitOf({ kex }), kexInitialOf(point)));
    t.true(isNoExchange(received), `${kex}: ${what}`);
  }
  await survives(t, victim);
});

test.serial('compression: the server offers none, in either direction', async (t) => {
  // Would go wrong: 30 KB become 30 MB before anybody has logged in.
  const victim = await startVictim(t);
  const peer = plainPeer(victim);
  await peer.until(MESSAGE.kexInit);
  const offer = peer.kexInit() ?? Buffer.alloc(0);
  t.regex(offer.toString('latin1'), /\0\0\0\x04none\0\0\0\x04none\0{13}$/);
  t.notRegex(offer.toString('latin1'), /zlib|sha1(?!\d)|-cbc/);
  peer.socket.destroy();
  await survives(t, victim, 60);
});

test.serial('half-open: five hundred connections of one source keep nobody else out, and leave nothing', async (t) => {
  // Would go wrong: places or descriptors run out, and nobody can log in for as long as the attacker likes.
  const victim = await startVictim(t, { 'max-startups': '10:100:100', 'max-startups-per-source': '20' });
  const descriptors = await victim.descriptors();
  const peers = Array.from({ length: 500 }, (_, index) =>
    plainPeer(victim, {
      localAddress: '127.0.0.2',
      // Some say nothing, some half a line, some stop after it, some in the middle of a packet.
      identification: ['', 'SSH-2.0-sl', 'SSH-2.0-slow\r\n', 'SSH-2.0-slow\r\n\0\0\x04\xfc\x06'][index % 4] ?? '',
    }),
  );
  await until(() => peers.filter(({ socket }) => !socket.closed).length <= 20);
  t.is(peers.filter(({ socket }) => !socket.closed).length, 20);
  await survives(t, victim);
  for (const { socket } of peers) socket.resetAndDestroy();
  await until(async () => (await victim.descriptors()) <= descriptors);
  await survives(t, victim);
});

test.serial('drip: what comes byte by byte is taken, and memory stays', async (t) => {
  t.timeout(120_000);
  // On a machine that is busy, two thousand bytes one by one take longer than a login may.
  const victim = await startVictim(t, { 'login-grace': '100s' });
  const peer = plainPeer(victim, { identification: '' });
  const bytes = Buffer.concat([
    Buffer.from('SSH-2.0-drip\r\n'),
    plainPacket(kexInitOf()),
    plainPacket(kexInitialOf(x25519())),
  ]);
  peer.socket.setNoDelay(true);
  for (const byte of bytes) {
    await new Promise((resolve) => peer.socket.write(Buffer.from([byte]), resolve));
  }
  await peer.until(MESSAGE.newKeys);
  t.true(peer.received.includes(MESSAGE.newKeys));
  peer.socket.destroy();
  await survives(t, victim, 60);
});

test.serial('key exchange flood: sixty exchanges at once hold nobody up for good', async (t) => {
  // Would go wrong: each exchange costs the server far more than the attacker, and a connection may ask again and again.
  const victim = await startVictim(t, NIST);
  const descriptors = await victim.descriptors();
  const peers = Array.from({ length: 60 }, (_, index) => {
    const peer = plainPeer(victim);
    const kex = index % 2 === 0 ? 'curve25519-sha256' : 'ecdh-sha2-nistp521';
    const ecdh = createECDH('secp521r1');
    peer.send(kexInitOf({ kex }), kexInitialOf(index % 2 === 0 ? x25519() : ecdh.generateKeys()));
    return peer;
  });
  await survives(t, victim);
  await Promise.all(peers.map((peer) => peer.until(MESSAGE.newKeys)));
  for (const peer of peers) t.true(peer.received.includes(MESSAGE.newKeys));
  for (const { socket } of peers) socket.resetAndDestroy();
  await until(async () => (await victim.descriptors()) <= descriptors);
});

test.serial(
  'flood: IGNORE without end in the clear, without strict key exchange, costs nothing that stays',
  async (t) => {
    const victim = await startVictim(t);
    const peer = plainPeer(victim);
    await peer.until(MESSAGE.kexInit);
    peer.send(kexInitOf({ isStrict: false }));
    const ignore = plainPacket(message(MESSAGE.ignore, encodeStrings([Buffer.alloc(30_000)])));
    for (let sent = 0; sent < 1000; sent += 1) peer.write(ignore);
    await pressed(peer.socket);
    peer.socket.destroy();
    await survives(t, victim);
  },
);
