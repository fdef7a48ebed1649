// Connections that break anywhere: in the identification, the key exchange, the login, a transfer, or at the very end.

import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import ssh2 from 'ssh2';
import { PASSWORDS } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';
import { startVictim, survives, type Victim } from './victim.ts';

const ROUNDS = 50;
const AT_A_TIME = 5;

/** A way to the server that breaks with RST, on both sides, after so many bytes in both directions together. */
async function brittleWay(t: ExecutionContext, victim: Victim): Promise<(bytes: number) => number> {
  const budgets: number[] = [];
  const relay = createServer((near: Socket) => {
    const far = connect(victim.port, victim.host);
    let left = Math.floor(budgets.shift() ?? 0);
    const pass = (to: Socket) => (chunk: Buffer) => {
      to.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    near
      .on('data', pass(far))
      .on('error', () => far.destroy())
      .on('close', () => far.destroy());
    far
      .on('data', pass(near))
      .on('error', () => near.destroy())
      .on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.teardown(() => relay.close());
  const address = relay.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return (bytes) => {
    budgets.push(bytes);
    return port;
  };
}

/** What a client may be at when its connection breaks. */
const ACTIONS: ReadonlyArray<(client: ssh2.Client) => void> = [
  (client) => client.exec('upload up', (_, channel) => channel?.on('error', () => {}).write(Buffer.alloc(2_000_000))),
  (client) => client.exec('download down', (_, channel) => channel?.on('error', () => {}).resume()),
  (client) =>
    client.shell((_, channel) =>
      channel
        ?.on('error', () => {})
        .resume()
        .write('ls -l\rcat down\r'),
    ),
  (client) =>
    client.sftp((_, sftp) => {
      for (let file = 0; file < 50; file += 1) sftp?.writeFile(`f${file}`, Buffer.alloc(50_000), () => {});
    }),
  (client) =>
    client.sftp((_, sftp) => {
      for (let read = 0; read < 50; read += 1) sftp?.readFile('down', () => {});
      for (let list = 0; list < 50; list += 1) sftp?.readdir('.', () => {});
    }),
  (client) =>
    client.exec('scp -r -f .', (_, channel) =>
      channel
        ?.on('error', () => {})
        .resume()
        .write('\0'.repeat(100)),
    ),
];

/** Numbers that look random and are the same in each run (a linear congruential generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test.serial('disconnects: fifty at any point leave no descriptor, no session and no error', async (t) => {
  // Would go wrong: a file, a socket or a place stays taken for each, or an error that nobody catches ends the process.
  const victim = await startVictim(t);
  await writeFile(`${await victim.homeOf('mallory')}/down`, Buffer.alloc(1_000_000, 'x'));
  const descriptors = await victim.descriptors();
  const way = await brittleWay(t, victim);
  const random = numbers(4711);
  const round = async (number: number): Promise<void> => {
    // As many break in the first thousands of bytes, where the states are, as later on.
    const port = way(number % 2 === 0 ? 1 + random() * 6000 : 6000 + random() ** 3 * 3_000_000);
    const client = new ssh2.Client();
    t.teardown(() => client.destroy());
    client.on('error', () => {});
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.once('ready', () => {
      ACTIONS[number % ACTIONS.length]?.(client);
      // One that is over before its bytes are used up goes without a word.
      client.exec('whoami', (_, channel) => channel?.resume().once('close', () => client.destroy()));
    });
    client.connect({ host: '127.0.0.1', port, username: 'mallory', password: PASSWORDS.mallory });
    await closed;
  };
  for (let first = 0; first < ROUNDS; first += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => round(first + index)));
  }
  await until(async () => (await victim.descriptors()) <= descriptors);
  const idsOf = async (event: string): Promise<unknown[]> =>
    (await victim.records()).filter((record) => record['event'] === event).map(({ sessionId }) => sessionId);
  t.true((await idsOf('session.open')).length > ROUNDS / 2);
  await until(async () => {
    const ended = new Set(await idsOf('session.close'));
    return (await idsOf('session.open')).every((id) => ended.has(id));
  });
  await survives(t, victim);
});
