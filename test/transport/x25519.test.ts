import { createPrivateKey, createPublicKey } from 'node:crypto';
import test from 'ava';
import { agree, newPair, rawKey, type X25519Pair } from '../../src/transport/x25519.ts';
import { startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';

function pairOf(privateKey: string): X25519Pair {
  const key = Buffer.from(`302e020100300506032b656e04220420${privateKey}`, 'hex');
  const pair = createPrivateKey({ key, type: 'pkcs8', format: 'der' });
  return { privateKey: pair, publicKey: createPublicKey(pair) };
}

test('X25519: the known answer of RFC 7748, section 6.1', (t) => {
  const alice = pairOf('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
  const bob = pairOf('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
  t.is(rawKey(alice.publicKey).toString('hex'), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  t.is(agree(alice, rawKey(bob.publicKey)).toString('hex'), secret);
  t.is(agree(bob, rawKey(alice.publicKey)).toString('hex'), secret);
});

test('X25519: a key of another length, or of low order, gives no secret', (t) => {
  const pair = newPair();
  const key = rawKey(newPair().publicKey);
  for (const wrong of [Buffer.alloc(0), key.subarray(1), Buffer.concat([key, Buffer.alloc(1)]), Buffer.alloc(32)]) {
    t.throws(() => agree(pair, wrong), undefined, wrong.toString('hex'));
  }
  // The point of order 8 (RFC 7748, section 6.1).
  const lowOrder = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex');
  t.throws(() => agree(pair, lowOrder));
});

test('X25519: another implementation comes to the same secret, at the login and when keys are renewed', async (t) => {
  const server = await startServer(t);
  for (const kex of ['curve25519-sha256', 'curve25519-sha256@libssh.org'] as const) {
    const client = await login(t, server, 'alice', { algorithms: { kex: [kex] } });
    // Every second secret looks negative as a number.
    for (let round = 0; round < 8; round += 1) {
      const done = new Promise((resolve) => client.once('handshake', resolve));
      (client as unknown as { _protocol: { rekey(): void } })._protocol.rekey();
      await done;
    }
    t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'alice\n');
  }
});
