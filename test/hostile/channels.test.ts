// What a user who has logged in can do with the channels of a connection: their windows, and how they end.

import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { ClientChannel } from 'ssh2';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { str, u32 } from '../sftp/bytes-of.ts';
import { grantWindow, listen, pressed, say, socketOf } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives } from './victim.ts';

const WINDOW_ADJUST = 93;
const CHANNEL_CLOSE = 97;

test.serial('window: one that is opened by nothing, a hundred thousand times, costs nothing', async (t) => {
  /*
   * What was wrong: with each opening of a window in which something waits, one more function was wrapped around the one that
   * says that it was sent: 140 bytes each, without end, and when it was sent at last the stack overflowed; where that was
   * said by the socket, as an exception that nobody caught.
   * How it was reached: SSH_MSG_CHANNEL_WINDOW_ADJUST by 0 bytes.
   * What this verifies: what waited arrives, and the connection goes on.
   */
  const victim = await startVictim(t);
  const content = Buffer.alloc(300_000, 'content');
  await writeFile(join(await victim.homeOf('mallory'), 'file'), content);
  const client = await login(t, victim, 'mallory');
  grantWindow(client, 0);
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec('cat file', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const output: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = new Promise((resolve) => channel.once('close', resolve));
  for (let sent = 0; sent < 100_000 && !socketOf(client).destroyed; sent += 1) {
    say(client, message(WINDOW_ADJUST, u32(0), u32(0)));
    if (sent % 5000 === 0) await until(() => socketOf(client).writableLength < 1024 * 1024);
  }
  say(client, message(WINDOW_ADJUST, u32(0), u32(content.length)));
  await ended;
  t.true(Buffer.concat(output).equals(content));
  await survives(t, victim, 60);
});

test.serial('channels: those that are closed without having been used are no fewer for the next', async (t) => {
  /*
   * What was wrong: ssh2 neither answers the close of a session's channel on which no program runs, nor gives up its place.
   * How it was reached: ten times a subsystem that is not served, over one connection (ControlMaster of OpenSSH): no channel
   * more for as long as the connection lasted, which was never seen to be unused either.
   * What this verifies: each close is answered (RFC 4254, section 5.3), and there is room for the next.
   */
  const victim = await startVictim(t);
  const client = await login(t, victim, 'mallory');
  const heard: number[] = [];
  listen(client, ([type = 0]) => heard.push(type));
  const count = 25;
  for (let channel = 0; channel < count; channel += 1) {
    say(client, message(MESSAGE.channelOpen, str('session'), u32(channel), u32(1 << 20), u32(1 << 15)));
    say(client, message(CHANNEL_CLOSE, u32(channel)));
  }
  await until(() => heard.length === 2 * count);
  t.deepEqual(heard, Array.from({ length: count }, () => [MESSAGE.channelOpenConfirmation, CHANNEL_CLOSE]).flat());
  client.destroy();
  await survives(t, victim, 60);
});

test.serial('hanging up: a client that ends its side, and takes nothing more, is let go', async (t) => {
  /*
   * What was wrong: ssh2 ends its keepalive with the client's side, and the socket waited to be emptied, for as long as the
   * client's machine answered that it takes nothing now: for ever, with its places among connections and sessions.
   * How it was reached: FIN in the middle of a download that is not read.
   * What this verifies: the connection is closed.
   */
  const victim = await startVictim(t);
  await writeFile(join(await victim.homeOf('mallory'), 'file'), Buffer.alloc(64 * 1024 * 1024));
  const client = await login(t, victim, 'mallory');
  grantWindow(client);
  client.exec('cat file', (_error, channel) => channel?.on('error', () => {}));
  const socket = socketOf(client);
  await until(() => socket.bytesRead > 1024 * 1024);
  socket.pause();
  // By then the way is full. Were it not, this would verify less.
  let polls = 0;
  await until(() => ++polls > 50);
  socket.end();
  await until(async () =>
    (await victim.records()).some(({ event, user }) => event === 'session.close' && user === 'mallory'),
  );
  t.pass();
  await survives(t, victim, 60);
});

test.serial('hanging up: a client that says so, and does not end its side, is let go', async (t) => {
  /*
   * What was wrong: after SSH_MSG_DISCONNECT the server ended its own side and read on: no keepalive is sent then, and the
   * connection stayed for as long as the client's machine answered, with its places among connections and sessions.
   * How it was reached: DISCONNECT after the login, without a FIN.
   * What this verifies: the connection is closed, and nothing that comes after the message is done.
   */
  const victim = await startVictim(t);
  const socket = connect({ host: victim.host, port: victim.port, allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  const client = await login(t, victim, 'mallory', { sock: socket });
  // Whatever the client would do about the server's end.
  socket.removeAllListeners('end').removeAllListeners('close');
  const byApplication = 11;
  say(client, message(MESSAGE.disconnect, u32(byApplication), str(''), str('')));
  say(client, message(MESSAGE.channelOpen, str('session'), u32(0), u32(1 << 20), u32(1 << 15)));
  await until(async () =>
    (await victim.records()).some(({ event, user }) => event === 'session.close' && user === 'mallory'),
  );
  t.pass();
  await survives(t, victim, 60);
});

test.serial(
  'pieces: bytes that are sent one by one, and that nobody reads, take no hundred times the memory',
  async (t) => {
    /*
     * What was wrong: the window bounds the bytes that wait in a channel, and each message of them took 150 bytes of memory:
     * 300 MiB for each channel, 3 GiB for each connection.
     * How it was reached: bytes sent one by one to a command that does not read them, and whose output is not taken.
     * What this verifies: memory stays, with a window that is almost full.
     */
    const victim = await startVictim(t);
    await writeFile(join(await victim.homeOf('mallory'), 'file'), Buffer.alloc(8 * 1024 * 1024));
    const client = await login(t, victim, 'mallory');
    grantWindow(client, 0);
    await new Promise<void>((resolve, reject) => {
      client.exec('cat file', (error, channel) => {
        channel?.on('error', () => {});
        if (error) reject(error);
        else resolve();
      });
    });
    const one = message(MESSAGE.channelData, u32(0), str('x'));
    for (let sent = 0; sent < 700_000 && !socketOf(client).destroyed; sent += 1) {
      say(client, one);
      if (sent % 5000 === 0) await until(() => socketOf(client).writableLength < 1024 * 1024);
    }
    t.is(await pressed(socketOf(client)), 'taken');
    await survives(t, victim, 70);
  },
);
