// What a peer does not take of what is sent to it, and who waits for that.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Client, ClientChannel } from 'ssh2';
import { startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { grantWindow, socketOf } from '../hostile/liar.ts';

const opened = (client: Client, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
  });

test('unsent: the smallest limit holds up nothing for good', async (t) => {
  /*
   * What was wrong: a socket says that it has been emptied only when its high-water mark was reached before. With less to
   * send, and more than the limit, that was waited for without end.
   * How it was reached: `max-unsent` of less than twice the mark, 32 KiB.
   * What this verifies: all of an output comes, in small pieces and large ones.
   */
  const server = await startServer(t, { 'max-unsent': '1K' });
  const content = Buffer.alloc(300_000, 'content');
  const home = await server.homeOf('alice');
  await writeFile(join(home, 'large'), content);
  await writeFile(join(home, 'small'), content.subarray(0, 3000));
  const client = await login(t, server, 'alice');
  for (const [name, sizeBytes] of [['small', 3000] as const, ['large', content.length] as const]) {
    const { stdout } = await run(client, `cat ${name}`);
    t.true(stdout.equals(content.subarray(0, sizeBytes)), name);
  }
});

test('unsent: as many channels as there may be wait for one socket, and Node warns of nothing', async (t) => {
  /*
   * What was wrong: each output that waited listened to the socket, and Node warns of more than ten listeners.
   * How it was reached: ten channels whose client does not read.
   * What this verifies: there is no warning, and all go on when it does.
   */
  const warnings: string[] = [];
  const warned = ({ name }: Error): number => warnings.push(name);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const server = await startServer(t, { 'max-unsent': '64K' });
  const content = Buffer.alloc(8 * 1024 * 1024, 'content');
  await writeFile(join(await server.homeOf('alice'), 'file'), content);
  const client = await login(t, server, 'alice');
  grantWindow(client);
  const lengths: number[] = [];
  const channels = await Promise.all(Array.from({ length: 10 }, () => opened(client, 'cat file')));
  socketOf(client).pause();
  for (const [index, channel] of channels.entries()) {
    lengths[index] = 0;
    channel.on('data', ({ length }: Buffer) => {
      lengths[index] = (lengths[index] ?? 0) + length;
    });
  }
  let polls = 0;
  await until(() => ++polls > 25);
  socketOf(client).resume();
  await until(() => lengths.every((length) => length === content.length));
  t.deepEqual(warnings, []);
});
