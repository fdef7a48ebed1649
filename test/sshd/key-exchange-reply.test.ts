import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import ssh2 from 'ssh2';
import { temporaryFolder } from '../helpers/folder.ts';
import { startProcess } from '../helpers/server-process.ts';

const KEX_ECDH_REPLY = 31;
const NEWKEYS = 21;

// What was wrong: the answer of a key exchange and NEWKEYS left in two pieces, where OpenSSH sends them in one.
// How it was reached: PuTTY's `pscp -scp`, when it changes keys in an upload, then stands still until anything arrives,
// which was the keepalive of 15 seconds.
// What this verifies: both packets come in one piece.
test('key exchange: the answer and NEWKEYS leave in one piece', async (t) => {
  t.timeout(30_000);
  // Its own process: within one, two pieces would have met before they are read.
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:correct horse\n', { mode: 0o600 });
  const { port } = await startProcess(t, { folder });
  for (let tries = 0; tries < 10; tries += 1) {
    t.deepEqual((await answerOf(port)).slice(0, 2), [KEX_ECDH_REPLY, NEWKEYS]);
  }
});

/** The types of the packets in the piece that begins with the answer of the first key exchange. */
async function answerOf(port: number): Promise<number[]> {
  const socket = connect(port, '127.0.0.1');
  const client = new ssh2.Client();
  try {
    const pieces: number[][] = [];
    // Only what comes before the first keys can be read here.
    socket.on('data', (piece) => pieces.push(packetTypes(piece)));
    client.connect({ sock: socket, username: 'alice' });
    await once(client, 'handshake');
    return pieces.find((types) => types.includes(KEX_ECDH_REPLY)) ?? [];
  } finally {
    client.destroy();
  }
}

/** The types of the packets in the clear (RFC 4253, section 6) that a piece is made of, as far as it is. */
function packetTypes(piece: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 6 <= piece.length; ) {
    const length = piece.readUInt32BE(at);
    if (length > piece.length - at - 4) break;
    types.push(piece.readUInt8(at + 5));
    at += 4 + length;
  }
  return types;
}
