// A user who has logged in and means harm, through SFTP: what floods, and what is asked with numbers nobody needs.

import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { packet, str, u8, u32, u64 } from '../sftp/bytes-of.ts';
import { grantWindow, pressed, say, socketOf } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { sftpPeer, statusOf } from './sftp-peer.ts';
import { startVictim, survives } from './victim.ts';

const OPEN = 3;
const CLOSE = 4;
const READ = 5;
const WRITE = 6;
const SETSTAT = 9;
const FSETSTAT = 10;
const OPENDIR = 11;
const READDIR = 12;
const MKDIR = 14;
const STAT = 17;
const STATUS = 101;
const HANDLE = 102;
const FOR_READING = u32(1);
const FOR_WRITING = u32(2 | 8);
const NONE = u32(0);
const BLOCK = 255 * 1024;

test.serial('reads: twelve thousand of 255 KiB, a window of 4 GiB, and nothing read', async (t) => {
  // Would go wrong: all that was asked for is read and kept: ssh2 as it is grew by 1.65 GB in 12 s.
  const victim = await startVictim(t);
  const file = join(await victim.homeOf('mallory'), 'big');
  await writeFile(file, '');
  await truncate(file, 64 * 1024 * 1024);
  const client = await login(t, victim, 'mallory');
  grantWindow(client);
  const peer = await sftpPeer(client);
  const { body: handle } = await peer.ask(OPEN, str('big'), FOR_READING, NONE);
  socketOf(client).pause();
  for (let read = 0; read < 12_000; read += 1) {
    peer.send(READ, handle, u64((read % 250) * BLOCK), u32(BLOCK));
  }
  await pressed(socketOf(client));
  await survives(t, victim);
});

test.serial('download: a command with a window of 4 GiB that nobody reads', async (t) => {
  const victim = await startVictim(t);
  const file = join(await victim.homeOf('mallory'), 'big');
  await writeFile(file, '');
  await truncate(file, 1024 * 1024 * 1024);
  const client = await login(t, victim, 'mallory');
  grantWindow(client);
  for (let channel = 0; channel < 8; channel += 1) client.exec('download big', () => {});
  await new Promise((resolve) => client.exec('cat big', resolve));
  socketOf(client).pause();
  await survives(t, victim);
});

test.serial('window: one that is opened again and again by 4 GiB does not run over', async (t) => {
  // Would go wrong: RFC 4254 allows 2^32 - 1; a sum beyond it is a number that no longer counts down.
  const victim = await startVictim(t);
  await writeFile(join(await victim.homeOf('mallory'), 'file'), Buffer.alloc(100_000, 'x'));
  const client = await login(t, victim, 'mallory');
  grantWindow(client);
  const peer = await sftpPeer(client);
  for (let times = 0; times < 100; times += 1) say(client, message(93, u32(0), u32(2 ** 32 - 1)));
  const { body: handle } = await peer.ask(OPEN, str('file'), FOR_READING, NONE);
  const { body } = await peer.ask(READ, handle, u64(0), u32(100_000));
  t.is(body.length, 100_004);
  await survives(t, victim);
});

test.serial('requests: ten thousand at once are each answered once', async (t) => {
  const victim = await startVictim(t);
  const peer = await sftpPeer(await login(t, victim, 'mallory'));
  const paths = ['/', 'missing', '../../..', '', 'a/b/c'];
  for (let request = 0; request < 10_000; request += 1) peer.send(STAT, str(paths[request % paths.length] ?? ''));
  await peer.has(10_000);
  const ids = new Set(peer.replies.map(({ id }) => id));
  t.is(ids.size, 10_000);
  await peer.ask(STAT, str('/'));
  t.is(peer.replies.length, 10_001);
  await survives(t, victim);
});

test.serial('lengths: a packet of 256 MiB ends the session, and what follows is not kept', async (t) => {
  // Would go wrong: room is made for what a length says (CVE-2024-43410), or data is taken after the end (308 MB).
  const victim = await startVictim(t);
  for (const length of [256 * 1024 * 1024, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 0]) {
    const client = await login(t, victim, 'mallory');
    const peer = await sftpPeer(client);
    peer.channel.write(u32(length));
    for (let sent = 0; sent < 64; sent += 1) peer.channel.write(Buffer.alloc(1024 * 1024));
    await peer.closed;
    client.destroy();
  }
  await survives(t, victim);
});

test.serial('channels: of three thousand ten are open, and the connection goes on', async (t) => {
  const victim = await startVictim(t);
  const descriptors = await victim.descriptors();
  const client = await login(t, victim, 'mallory');
  const opened = await Promise.all(
    Array.from(
      { length: 3000 },
      () => new Promise<boolean>((resolve) => client.subsys('sftp', (error) => resolve(error === undefined))),
    ),
  );
  t.is(opened.filter((isOpen) => isOpen).length, 10);
  await survives(t, victim);
  socketOf(client).resetAndDestroy();
  await until(async () => (await victim.descriptors()) <= descriptors);
});

test.serial('channels: two thousand opened by hand, with nothing read and no answer awaited', async (t) => {
  const victim = await startVictim(t);
  const client = await login(t, victim, 'mallory');
  socketOf(client).pause();
  for (let id = 0; id < 2000; id += 1) {
    say(client, message(MESSAGE.channelOpen, str('session'), u32(id), u32(2 ** 32 - 1), u32(2 ** 32 - 1)));
  }
  await pressed(socketOf(client));
  await survives(t, victim);
});

for (const [what, flood] of Object.entries({
  'global requests': message(MESSAGE.globalRequest, str('tcpip-forward'), u8(1), str('127.0.0.1'), u32(0)),
  'unknown global requests': message(MESSAGE.globalRequest, str('x@example.org'), u8(1)),
  'channels of unknown types': message(MESSAGE.channelOpen, str('x11'), u32(0), u32(1 << 20), u32(1 << 15)),
  'requests on no channel': message(MESSAGE.channelRequest, u32(77), str('exec'), u8(1), str('ls')),
})) {
  test.serial(`reply flood: thirty thousand ${what} after the login, with nothing read`, async (t) => {
    const victim = await startVictim(t);
    const client = await login(t, victim, 'mallory');
    const socket = socketOf(client);
    socket.pause();
    for (let sent = 0; sent < 30_000 && !socket.destroyed; sent += 1) say(client, flood);
    await pressed(socket);
    await survives(t, victim);
  });
}

test.serial(
  'handles: of five thousand no more than the limit are given, and a reset gives back every descriptor',
  async (t) => {
    // Would go wrong: descriptors run out for everybody, or stay open after their session (4001 of ssh2 as it is).
    const victim = await startVictim(t);
    const home = await victim.homeOf('mallory');
    await writeFile(join(home, 'file'), 'x');
    await mkdir(join(home, 'folder'));
    const descriptors = await victim.descriptors();
    const client = await login(t, victim, 'mallory');
    const peer = await sftpPeer(client);
    for (let index = 0; index < 2500; index += 1) {
      peer.send(OPEN, str('file'), FOR_READING, NONE);
      peer.send(OPENDIR, str('folder'));
    }
    await peer.has(5000);
    t.is(peer.replies.filter(({ type }) => type === HANDLE).length, 512);
    t.true((await victim.descriptors()) - descriptors < 1100);
    await survives(t, victim);
    socketOf(client).resetAndDestroy();
    await until(async () => (await victim.descriptors()) <= descriptors);
    await survives(t, victim);
  },
);

test.serial(
  'handles: those that are forged, of another session, closed or of the other kind serve nobody',
  async (t) => {
    // Would go wrong: a number that is guessed is somebody else's open file.
    const victim = await startVictim(t);
    await writeFile(join(await victim.homeOf('alice'), 'secret'), 'of alice');
    const alice = await sftpPeer(await login(t, victim, 'alice'));
    const { body: secret } = await alice.ask(OPEN, str('secret'), FOR_READING, NONE);
    const peer = await sftpPeer(await login(t, victim, 'mallory'));
    const { body: closed } = await peer.ask(OPEN, str('own'), FOR_WRITING, NONE);
    t.is(statusOf(await peer.ask(CLOSE, closed)), 0);
    const { body: folder } = await peer.ask(OPENDIR, str('/'));
    const forged = ['', '\0', '0', '\0\0\0\0', 'x'.repeat(256), 'x'.repeat(100_000)].map((text) => str(text));
    for (const handle of [secret, closed, ...forged]) {
      const replies = [
        await peer.ask(READ, handle, u64(0), u32(100)),
        await peer.ask(WRITE, handle, u64(0), str('x')),
        await peer.ask(FSETSTAT, handle, u32(1), u64(0)),
        await peer.ask(READDIR, handle),
        await peer.ask(CLOSE, handle),
      ];
      for (const reply of replies) t.is(statusOf(reply), 4);
    }
    t.is(statusOf(await peer.ask(READ, folder, u64(0), u32(100))), 4);
    t.is(statusOf(await peer.ask(WRITE, folder, u64(0), str('x'))), 4);
    t.is((await alice.ask(READ, secret, u64(0), u32(100))).body.toString('latin1', 4), 'of alice');
    await survives(t, victim);
  },
);

test.serial(
  'attributes: whatever numbers they hold, nobody gets set-id bits, a huge file or the end of the process',
  async (t) => {
    // Would go wrong: a mode from 2^31 on ends Node itself, and nothing can catch that; an offset beyond 2^53 is written
    // somewhere else and acknowledged.
    const victim = await startVictim(t);
    const home = await victim.homeOf('mallory');
    await writeFile(join(home, 'file'), 'content');
    const peer = await sftpPeer(await login(t, victim, 'mallory'));
    const modes = [0xffffffff, 0x80000000, 0x7fffffff, 0o106777, 0o004755, 0o120777, 0o020666];
    for (const [index, mode] of modes.entries()) {
      await peer.ask(SETSTAT, str('file'), u32(4), u32(mode));
      t.is((await stat(join(home, 'file'))).mode & 0o7000, 0, `SETSTAT ${mode.toString(8)}`);
      const opened = await peer.ask(OPEN, str(`open${index}`), FOR_WRITING, u32(4), u32(mode));
      if (opened.type === HANDLE) {
        await peer.ask(FSETSTAT, opened.body, u32(4), u32(mode));
        await peer.ask(CLOSE, opened.body);
      }
      await peer.ask(MKDIR, str(`folder${index}`), u32(4), u32(mode));
    }
    for (const name of await readdir(home)) {
      const { mode } = await stat(join(home, name));
      t.is(mode & 0o7000, 0, name);
    }
    for (const time of [0, 0x7fffffff, 0x80000000, 0xffffffff]) {
      t.is((await peer.ask(SETSTAT, str('file'), u32(8), u32(time), u32(0xffffffff - time))).type, STATUS);
    }
    for (const owner of [0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff]) {
      t.is((await peer.ask(SETSTAT, str('file'), u32(2), u32(owner), u32(owner))).type, STATUS);
    }
    const { body: handle } = await peer.ask(OPEN, str('file'), u32(3), NONE);
    for (const size of [2n ** 53n, 2n ** 53n + 2n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      t.not(statusOf(await peer.ask(SETSTAT, str('file'), u32(1), u64(size))), 0, `SETSTAT size ${size}`);
      t.not(statusOf(await peer.ask(FSETSTAT, handle, u32(1), u64(size))), 0, `FSETSTAT size ${size}`);
      t.not(statusOf(await peer.ask(WRITE, handle, u64(size), str('x'))), 0, `WRITE at ${size}`);
      t.not((await peer.ask(READ, handle, u64(size), u32(0xffffffff))).type, 103, `READ at ${size}`);
    }
    // More extended attributes, and more flags, than the packet has bytes.
    for (const flags of [0x80000000, 0xffffffff, 0x7ffffff0]) {
      t.is((await peer.ask(SETSTAT, str('file'), u32(flags), u32(2 ** 32 - 1))).type, STATUS);
    }
    await peer.ask(SETSTAT, str('file'), u32(4), u32(0o600));
    t.is(await readFile(join(home, 'file'), 'latin1'), 'content');
    await survives(t, victim);
  },
);

test.serial(
  'requests: every type with every cut is answered or ends the session, and the server goes on',
  async (t) => {
    const victim = await startVictim(t);
    await writeFile(join(await victim.homeOf('mallory'), 'file'), 'content');
    const client = await login(t, victim, 'mallory');
    const body = Buffer.concat([str('file'), str('file'), u64(2n ** 64n - 1n), u32(0xffffffff)]);
    const peer = await sftpPeer(client);
    let sent = 0;
    for (let type = 0; type < 256; type += 1) {
      for (const end of [0, 3, 4, 7, 8, 12, 16, 20, body.length]) {
        if (type === 1) continue;
        peer.channel.write(packet(u8(type), u32(sent), body.subarray(0, end)));
        sent += 1;
      }
    }
    await peer.has(sent);
    t.is(new Set(peer.replies.map(({ id }) => id)).size, sent);
    for (const broken of [packet(u8(3)), packet(u8(3), Buffer.alloc(3)), packet(u8(1), u32(3))]) {
      const other = await sftpPeer(client);
      other.channel.write(broken);
      other.channel.end();
      await other.closed;
    }
    await survives(t, victim);
  },
);

test.serial(
  'folders: a hundred thousand entries are read by many at once, or by nobody, and memory stays flat',
  async (t) => {
    // Would go wrong: the whole folder is kept, with attributes and lines, for each who lists it.
    const victim = await startVictim(t);
    const home = await victim.homeOf('mallory');
    const count = 100_000;
    for (let first = 0; first < count; first += 1000) {
      await Promise.all(Array.from({ length: 1000 }, (_, index) => symlink('x', join(home, `entry-${first + index}`))));
    }
    const peer = await sftpPeer(await login(t, victim, 'mallory'));
    const { body: folder } = await peer.ask(OPENDIR, str('/'));
    let listed = 0;
    for (;;) {
      const { type, body } = await peer.ask(READDIR, folder);
      if (type === STATUS) break;
      listed += body.readUInt32BE(0);
    }
    // With "." and "..".
    t.is(listed, count + 2);
    await survives(t, victim, 60);
    for (let session = 0; session < 4; session += 1) {
      const client = await login(t, victim, 'mallory');
      grantWindow(client);
      const other = await sftpPeer(client);
      const handles: Buffer[] = [];
      for (let open = 0; open < 20; open += 1) handles.push((await other.ask(OPENDIR, str('/'))).body);
      socketOf(client).pause();
      for (let read = 0; read < 5000; read += 1) other.send(READDIR, handles[read % handles.length] ?? folder);
      await pressed(socketOf(client));
    }
    await survives(t, victim);
  },
);
