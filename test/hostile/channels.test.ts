// What a user who has logged in can do with the channels of a connection: their windows, and how they end.

import test from 'ava';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { str, u32 } from '../sftp/bytes-of.ts';
import { listen, say } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives } from './victim.ts';

const CHANNEL_CLOSE = 97;

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
