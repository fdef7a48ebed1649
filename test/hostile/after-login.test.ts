// What a user who has logged in, or somebody on the way to the server, can do to the transport itself: keys exchanged
// without end, packets that are changed, messages that are cut off.

import { createECDH } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import { nativeCiphers } from '../../src/transport/ssh2-protocol.ts';
import { encodeStrings } from '../../src/transport/wire.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { str, u8, u32 } from '../sftp/bytes-of.ts';
import { listen, say, socketOf } from './liar.ts';
import { kexInitialOf, kexInitOf, MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

const REQUEST_FAILURE = 82;

interface Rekeying {
  readonly _protocol: { rekey(): void };
}

/** Exchanges keys as often as the server lets it, until `end`; resolves to how often that was. */
async function storm(client: Client, end: () => boolean): Promise<number> {
  let exchanges = 0;
  const { _protocol: protocol } = client as unknown as Rekeying;
  return new Promise((resolve) => {
    client.once('close', () => resolve(exchanges));
    client.on('handshake', () => {
      exchanges += 1;
      if (end()) resolve(exchanges);
      else protocol.rekey();
    });
    protocol.rekey();
  });
}

test.serial(
  'key exchange storm: no connection has more of them in a second than it may, and others work',
  async (t) => {
    // Would go wrong: whoever has logged in exchanges keys without end (RFC 4253 sets no bound), and the one thread that
    // serves everybody does nothing else.
    const perSecond = 5;
    const victim = await startVictim(t, { 'rekeys-per-second': String(perSecond) });
    const clients = await Promise.all(Array.from({ length: 8 }, () => login(t, victim, 'mallory')));
    const start = performance.now();
    let isOver = false;
    const storms = clients.map((client) => storm(client, () => isOver));
    for (let session = 0; session < 5; session += 1) await survives(t, victim);
    // Long enough that the second's worth which may come at once does not count for all of it.
    await until(() => performance.now() - start > 3000);
    isOver = true;
    for (const exchanges of await Promise.all(storms)) {
      const seconds = (performance.now() - start) / 1000;
      t.true(exchanges >= perSecond, `${exchanges}`);
      t.true(exchanges <= perSecond * (seconds + 1) + 1, `${exchanges} in ${seconds} s`);
    }
    // Nobody was cut off: each goes on with its new keys.
    for (const client of clients) t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'mallory\n');
    await survives(t, victim, 60);
  },
);

test.serial('key exchange storm: whoever moves data between is not made to wait', async (t) => {
  const victim = await startVictim(t, { 'rekeys-per-second': '1' });
  const client = await login(t, victim, 'mallory');
  let exchanges = 0;
  client.on('handshake', () => {
    exchanges += 1;
  });
  const piece = Buffer.alloc(1024 * 1024 + 1, 'x');
  for (let round = 0; round < 10; round += 1) {
    t.is((await run(client, 'upload file', piece)).status, 0);
    (client as unknown as Rekeying)._protocol.rekey();
    await until(() => exchanges === round + 1);
  }
  // The limit alone would have held up eight of ten.
  t.is(exchanges, 10);
  await survives(t, victim);
});

test.serial('key exchange storm: what is sent behind a KEXINIT that waits is bounded', async (t) => {
  // Would go wrong: everything that comes while the exchange waits is kept for afterwards.
  const victim = await startVictim(t, { 'rekeys-per-second': '1' });
  const client = await login(t, victim, 'mallory');
  const { _protocol: protocol } = client as unknown as Rekeying;
  const once = new Promise((resolve) => client.once('handshake', resolve));
  protocol.rekey();
  await once;
  const gone = closed(client);
  say(client, kexInitOf());
  for (let sent = 0; sent < 600 && !socketOf(client).destroyed; sent += 1) {
    say(client, message(MESSAGE.ignore, encodeStrings([Buffer.alloc(32_000)])));
  }
  await gone;
  await survives(t, victim, 60);
});

test.serial('key exchange storm: two at once, and nonsense behind one that waits, end the connection', async (t) => {
  const victim = await startVictim(t, { 'rekeys-per-second': '1' });
  const point = createECDH('prime256v1').generateKeys();
  const afterwards: Record<string, readonly Buffer[]> = {
    'a second KEXINIT': [kexInitOf()],
    'new keys': [message(MESSAGE.newKeys)],
    'a key of another exchange': [kexInitialOf(point)],
    'a reply of a server': [message(MESSAGE.kexReply, encodeStrings(['', '', '']))],
    'half a KEXINIT': [kexInitOf().subarray(0, 30)],
  };
  for (const [what, messages] of Object.entries(afterwards)) {
    const client = await login(t, victim, 'mallory');
    const once = new Promise((resolve) => client.once('handshake', resolve));
    (client as unknown as Rekeying)._protocol.rekey();
    await once;
    const gone = closed(client);
    for (const one of [kexInitOf(), ...messages]) say(client, one);
    await gone;
    t.true(socketOf(client).destroyed, what);
  }
  await survives(t, victim, 60);
});

interface Way {
  readonly port: number;
  /** Changes one bit of the next long packet of the client: in this byte, counted from the end below 0. */
  flip(at: number): void;
  /** Bytes of the server since then. */
  answered(): number;
}

/** A way to the server on which somebody sits who can change bytes, and knows no keys. */
async function tamperedWay(t: ExecutionContext, victim: Victim): Promise<Way> {
  let flipAt: number | undefined;
  let answered = 0;
  const relay = createServer((near: Socket) => {
    const far = connect(victim.port, victim.host);
    near.on('data', (chunk: Buffer) => {
      if (flipAt !== undefined && chunk.length > 200) {
        const at = flipAt < 0 ? chunk.length + flipAt : flipAt;
        chunk.writeUInt8(chunk.readUInt8(at) ^ 1, at);
        flipAt = undefined;
        answered = 0;
      }
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      answered += chunk.length;
      near.write(chunk);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.teardown(() => relay.close());
  const address = relay.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    flip: (at) => {
      flipAt = at;
    },
    answered: () => answered,
  };
}

const CIPHERS = [
  ['aes256-gcm@openssh.com', undefined],
  ['aes256-ctr', 'hmac-sha2-256-etm@openssh.com'],
  ['aes256-ctr', 'hmac-sha2-256'],
  ...(nativeCiphers ? ([['chacha20-poly1305@openssh.com', undefined]] as const) : []),
] as const;

for (const [cipher, mac] of CIPHERS) {
  test.serial(
    `tampering: a bit changed after the login ends the connection (${[cipher, mac].filter(Boolean).join(', ')})`,
    async (t) => {
      // Would go wrong: the command is run all the same; or the answers to different bits differ, and tell somebody without
      // the keys, bit by bit, what was sent (the attack on CBC of CVE-2008-5161, and Terrapin's on other parts).
      const victim = await startVictim(t, { macs: '+hmac-sha2-256' });
      const way = await tamperedWay(t, victim);
      const answers: Record<string, number> = {};
      // Of a packet with room for a command of 200 bytes: the body from its 16th byte on, padding, and the MAC or tag.
      const places = [16, 17, 40, 100, 200, -40, -20, -17, -16, -8, -2, -1];
      for (const at of places) {
        const algorithms = { cipher: [cipher], ...(mac === undefined ? {} : { hmac: [mac] }) } as never;
        const client = await login(t, { host: '127.0.0.1', port: way.port }, 'mallory', { algorithms });
        // What it says must be over, for what comes after the change to be the answer to that.
        t.is((await run(client, 'whoami')).status, 0);
        const gone = closed(client);
        way.flip(at);
        say(client, message(MESSAGE.globalRequest, str('x'.repeat(200)), u8(1), str('evil')));
        await gone;
        answers[at] = way.answered();
      }
      t.is(new Set(Object.values(answers)).size, 1, JSON.stringify(answers));
      await until(async () => (await closings(victim)).length === places.length);
      const reasons = new Set((await closings(victim)).map(({ reason }) => reason));
      t.is(reasons.size, 1, [...reasons].join());
      t.notDeepEqual([...reasons], ['closed by the client']);
      await survives(t, victim, 60);
    },
  );
}

async function closings(victim: Victim): Promise<Array<Record<string, unknown>>> {
  return (await victim.records()).filter(({ event, user }) => event === 'session.close' && user === 'mallory');
}

test.serial('tampering: a length that is changed ends the connection, with what follows not kept', async (t) => {
  // Would go wrong: the server waits for the 4 GiB that a changed length promises, or keeps them.
  const victim = await startVictim(t);
  const way = await tamperedWay(t, victim);
  for (const cipher of [
    'aes256-gcm@openssh.com',
    'aes256-ctr',
    ...(nativeCiphers ? ['chacha20-poly1305@openssh.com'] : []),
  ]) {
    for (const at of [0, 1, 2, 3]) {
      const algorithms = { cipher: [cipher] } as never;
      const client = await login(t, { host: '127.0.0.1', port: way.port }, 'mallory', { algorithms });
      const gone = closed(client);
      way.flip(at);
      for (let sent = 0; sent < 100 && !socketOf(client).destroyed; sent += 1) {
        say(client, message(MESSAGE.ignore, str('x'.repeat(1000))));
      }
      await gone;
    }
  }
  await survives(t, victim, 60);
});

test.serial('messages: those cut off at any byte end their own connection at most', async (t) => {
  // Would go wrong: a field that is missing is read beyond the end, or is an error that nobody catches.
  const victim = await startVictim(t);
  const channel = u32(0);
  const whole: Record<string, Buffer> = {
    disconnect: message(MESSAGE.disconnect, u32(2), str('gone'), str('')),
    ignore: message(MESSAGE.ignore, str('data')),
    unimplemented: message(MESSAGE.unimplemented, u32(9)),
    debug: message(MESSAGE.debug, u8(1), str('text'), str('')),
    service: message(MESSAGE.serviceRequest, str('ssh-userauth')),
    extInfo: message(MESSAGE.extInfo, u32(1), str('server-sig-algs'), str('x')),
    kexInit: kexInitOf(),
    login: message(MESSAGE.userauthRequest, encodeStrings(['alice', 'ssh-connection', 'password']), u8(0), str('x')),
    keepalive: message(MESSAGE.globalRequest, str('keepalive@openssh.com'), u8(1)),
    forward: message(MESSAGE.globalRequest, str('tcpip-forward'), u8(1), str('0.0.0.0'), u32(22)),
    prove: message(MESSAGE.globalRequest, str('hostkeys-prove-00@openssh.com'), u8(1), str('key')),
    requestSuccess: message(81, u32(1)),
    requestFailure: message(82),
    session: message(MESSAGE.channelOpen, str('session'), u32(7), u32(1 << 20), u32(1 << 15)),
    tcpip: message(
      MESSAGE.channelOpen,
      str('direct-tcpip'),
      u32(7),
      u32(9),
      u32(1 << 15),
      str('h'),
      u32(1),
      str('o'),
      u32(2),
    ),
    confirmation: message(MESSAGE.channelOpenConfirmation, channel, u32(0), u32(1), u32(1 << 15)),
    openFailure: message(MESSAGE.channelOpenFailure, channel, u32(1), str('why'), str('')),
    window: message(93, channel, u32(1000)),
    data: message(MESSAGE.channelData, channel, str('whoami\n')),
    extendedData: message(95, channel, u32(1), str('error')),
    pty: message(
      MESSAGE.channelRequest,
      channel,
      str('pty-req'),
      u8(1),
      str('xterm'),
      u32(80),
      u32(24),
      u32(0),
      u32(0),
      str('\0'),
    ),
    env: message(MESSAGE.channelRequest, channel, str('env'), u8(1), str('LANG'), str('C')),
    exec: message(MESSAGE.channelRequest, channel, str('exec'), u8(1), str('whoami')),
    subsystem: message(MESSAGE.channelRequest, channel, str('subsystem'), u8(1), str('sftp')),
    resize: message(MESSAGE.channelRequest, channel, str('window-change'), u8(0), u32(80), u32(24), u32(0), u32(0)),
    signal: message(MESSAGE.channelRequest, channel, str('signal'), u8(0), str('INT')),
    channelSuccess: message(99, channel),
    channelFailure: message(100, channel),
    ping: message(MESSAGE.ping, str('x')),
    eof: message(96, channel),
    close: message(97, channel),
  };
  const MARK = message(MESSAGE.globalRequest, str('is this read?'), u8(1));
  let client: Client | undefined;
  let answered = (): void => {};
  const next = async (): Promise<Client> => {
    const fresh = await login(t, victim, 'mallory');
    await new Promise((resolve) => fresh.shell(false, resolve));
    // The answer to the mark, or a key exchange, behind which everything waits.
    listen(fresh, ([type]) => {
      if (type === REQUEST_FAILURE || type === MESSAGE.kexInit) answered();
      if (type === MESSAGE.kexInit) fresh.destroy();
    });
    fresh.once('close', () => answered());
    return fresh;
  };
  let tried = 0;
  for (const one of Object.values(whole)) {
    for (let end = 1; end <= one.length; end += one.length > 30 && end < one.length - 8 ? 5 : 1) {
      if (client === undefined || socketOf(client).destroyed) client = await next();
      const read = new Promise<void>((resolve) => {
        answered = resolve;
      });
      say(client, one.subarray(0, end));
      say(client, MARK);
      await read;
      tried += 1;
    }
  }
  client?.destroy();
  t.log(`${tried} cuts`);
  t.false((await victim.records()).some(({ event, user }) => event === 'session.login' && user === 'alice'));
  await survives(t, victim);
});
