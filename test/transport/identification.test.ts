// ssh2 is given the peer's identification string whole, however it arrives.

import { createConnection, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { connect } from '../../src/client/connect.ts';
import { type Awaited, gatherIdentification } from '../../src/transport/identification.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';

/** What a reader that comes later, as ssh2 does, is handed of these pieces. */
async function handedOut(of: Awaited, pieces: readonly string[]): Promise<string[]> {
  const stream = new PassThrough();
  gatherIdentification(stream as unknown as Socket, of);
  const received: string[] = [];
  await Promise.resolve().then(() => {
    stream.on('data', (chunk: Buffer) => received.push(chunk.toString('latin1')));
    stream.resume();
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  // Nothing arrives within the turn in which ssh2 begins to read.
  await turn();
  for (const piece of pieces) {
    stream.write(piece);
    await turn();
  }
  stream.end();
  return received;
}

test('identification: a line in many pieces is handed out whole, and what follows as it comes', async (t) => {
  // What was wrong: ssh2 keeps the first piece and loses the others, up to the one that ends the line.
  // How it was reached: a client whose identification string arrived in three segments or more was refused.
  // What this verifies: whatever the pieces are, ssh2 sees one.
  const line = 'SSH-2.0-drip with a comment\r\n';
  t.deepEqual(await handedOut('client', [...line, 'packet', 'packet']), [line, 'packet', 'packet']);
  t.deepEqual(await handedOut('client', [line, 'packet']), [line, 'packet']);
  t.deepEqual(await handedOut('client', ['SSH-2.0', '-drip\r', '\npacket', 'packet']), [
    'SSH-2.0-drip\r\npacket',
    'packet',
  ]);
});

test('identification: lines that a server sends before it come with it; a client may send none', async (t) => {
  const pieces = ['Welcome\r', '\nto SSH-', '\r\nSSH-2.0', '-x\r\n', 'packet'];
  t.deepEqual(await handedOut('server', pieces), ['Welcome\r\nto SSH-\r\nSSH-2.0-x\r\n', 'packet']);
  t.deepEqual(await handedOut('client', pieces), ['Welcome\r\nto SSH-', '\r\nSSH-2.0', '-x\r\n', 'packet']);
});

test('identification: what is too long is handed on, and no more of it is kept', async (t) => {
  const piece = 'x'.repeat(3000);
  t.deepEqual(await handedOut('client', [piece, piece, piece, piece]), [piece.repeat(3), piece]);
  const lines = `${'x'.repeat(3000)}\r\n`;
  const received = await handedOut(
    'server',
    Array.from({ length: 25 }, () => lines),
  );
  t.deepEqual(
    received.map(({ length }) => Math.round(length / lines.length)),
    [22, 1, 1, 1],
  );
});

test('identification: our client takes a server whose line comes byte by byte', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t);
  const relay = createServer({ noDelay: true }, (near) => {
    const far = createConnection(server.port, server.host);
    far.setNoDelay(true);
    near.pipe(far);
    far.once('data', async (chunk: Buffer) => {
      far.pause();
      for (const byte of chunk) {
        near.write(Buffer.of(byte));
        // The next byte leaves in a segment of its own once this one has left.
        await new Promise((resolve) => setImmediate(resolve));
      }
      far.pipe(near);
    });
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.teardown(() => relay.close());
  const address = relay.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = await connect({
    host: '127.0.0.1',
    port,
    user: 'alice',
    password: PASSWORDS.alice,
    verifyHost: () => true,
  });
  t.deepEqual(await client.list(), []);
  await client.quit();
});
