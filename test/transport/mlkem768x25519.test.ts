// The hybrid key exchange: known answers, wrong messages, and the whole of it between our client and our server.

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { ml_kem768 as noble } from '@noble/post-quantum/ml-kem.js';
import test from 'ava';
import ssh2 from 'ssh2';
import { connect } from '../../src/client/connect.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import { prepareTransport } from '../../src/client/transport.ts';
import { type MlKem, mlKem, nodeMlKem, portableMlKem } from '../../src/transport/ml-kem.ts';
import { answerHybrid, startHybrid } from '../../src/transport/mlkem768x25519.ts';
import type { X25519Pair } from '../../src/transport/x25519.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { startProxy, type Tampering } from './tampering-proxy.ts';

const INIT_BYTES = 1184 + 32;
const REPLY_BYTES = 1088 + 32;

function pairOf(privateKey: string): X25519Pair {
  const key = createPrivateKey({
    key: Buffer.from(`302e020100300506032b656e04220420${privateKey}`, 'hex'),
    type: 'pkcs8',
    format: 'der',
  });
  return { privateKey: key, publicKey: createPublicKey(key) };
}

/** Alice and Bob of RFC 7748, section 6.1. */
const ALICE = pairOf('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
const BOB = pairOf('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');

const counting = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, index) => from + index);

/** ML-KEM without chance: seeds d || z and m are 00 01 02 … and 80 81 82 …. */
const fixedKem: MlKem = {
  generateKey: () => {
    const { publicKey, secretKey } = noble.keygen(counting(64, 0));
    return {
      encapsulationKey: Buffer.from(publicKey),
      decapsulate: (ciphertext) => Buffer.from(noble.decapsulate(Uint8Array.from(ciphertext), secretKey)),
    };
  },
  encapsulate: (key) => {
    const { cipherText, sharedSecret } = noble.encapsulate(Uint8Array.from(key), counting(32, 0x80));
    return { ciphertext: Buffer.from(cipherText), secret: Buffer.from(sharedSecret) };
  },
};

test('post-quantum: both sides come to the K that OpenSSH 10.5 computes from the same keys', (t) => {
  const client = startHybrid({ kem: fixedKem, pair: ALICE });
  const { reply, secret } = answerHybrid(client.init, { kem: fixedKem, pair: BOB });
  t.is(client.init.length, INIT_BYTES);
  t.is(reply.length, REPLY_BYTES);
  t.is(secret.toString('hex'), 'c061f6525fb87317b7b37ef9f37e63bf884c91fb9061c53cf7186150d9966127');
  t.deepEqual(client.secretFrom(reply), secret);
});

test('post-quantum: ML-KEM-768 gives the known answer of a hundred keys, ciphertexts and rejections', (t) => {
  // The accumulated vectors of the Go project: seeds out of SHAKE-128, and all results into another.
  const count = 100;
  const source = createHash('shake128', { outputLength: count * (64 + 32 + 1088) }).digest();
  let at = 0;
  const next = (length: number): Uint8Array => {
    at += length;
    return Uint8Array.from(source.subarray(at - length, at));
  };
  const results = createHash('shake128', { outputLength: 32 });
  for (let index = 0; index < count; index += 1) {
    const { publicKey, secretKey } = noble.keygen(next(64));
    const { cipherText, sharedSecret } = noble.encapsulate(publicKey, next(32));
    results.update(publicKey).update(cipherText).update(sharedSecret);
    results.update(noble.decapsulate(next(1088), secretKey));
  }
  t.is(results.digest('hex'), '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415');
});

/** Node 24.7 has its own; older ones test the portable one alone. */
const IMPLEMENTATIONS = [['portable', portableMlKem] as const, ...(nodeMlKem ? [['Node’s', nodeMlKem] as const] : [])];

test('post-quantum: the implementations of ML-KEM agree with each other', (t) => {
  for (const [, one] of [...IMPLEMENTATIONS, ['in use', mlKem] as const]) {
    for (const [, other] of IMPLEMENTATIONS) {
      const client = startHybrid({ kem: one });
      const { reply, secret } = answerHybrid(client.init, { kem: other });
      t.deepEqual(client.secretFrom(reply), secret);
    }
  }
});

/** The order of the X25519 point is 8: every secret with it would be zero (RFC 7748, section 6.1). */
const LOW_ORDER = Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex');

const WRONG_KEYS: ReadonlyArray<readonly [string, (key: Buffer) => Buffer]> = [
  ['one byte short', (key) => key.subarray(1)],
  ['one byte long', (key) => Buffer.concat([key, Buffer.alloc(1)])],
  ['empty', () => Buffer.alloc(0)],
  ['of X25519 alone', (key) => key.subarray(-32)],
  ['with a low-order X25519 point', (key) => Buffer.concat([key.subarray(0, -32), LOW_ORDER])],
  ['with an X25519 key of zeros', (key) => Buffer.concat([key.subarray(0, -32), Buffer.alloc(32)])],
];

const WRONG_INITS: typeof WRONG_KEYS = [
  ...WRONG_KEYS,
  // FIPS 203, section 7.2: each coefficient must be below 3329; these are 4095, and the first one just 3329.
  ['with coefficients that are too large', (key) => Buffer.concat([Buffer.alloc(1152, 0xff), key.subarray(1152)])],
  ['with a coefficient of 3329', (key) => Buffer.concat([Buffer.from([0x01, 0x0d]), key.subarray(2)])],
];

for (const [name, kem] of IMPLEMENTATIONS) {
  for (const [what, change] of WRONG_INITS) {
    test(`post-quantum: a client’s message ${what} is refused (${name})`, (t) => {
      const { init } = startHybrid({ kem });
      const error = t.throws(() => answerHybrid(change(init), { kem }));
      t.true(error instanceof Error);
    });
  }
  for (const [what, change] of WRONG_KEYS) {
    test(`post-quantum: a server’s message ${what} is refused (${name})`, (t) => {
      const client = startHybrid({ kem });
      const { reply } = answerHybrid(client.init, { kem });
      t.throws(() => client.secretFrom(change(reply)));
    });
  }
  test(`post-quantum: a changed ciphertext gives another secret and no error (${name})`, (t) => {
    const client = startHybrid({ kem });
    const { reply, secret } = answerHybrid(client.init, { kem });
    reply[0] = (reply[0] ?? 0) ^ 1;
    t.notDeepEqual(client.secretFrom(reply), secret);
  });
}

test('post-quantum: our client and our server use it, at the first exchange and at later ones', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t);
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  const methods: string[] = [];
  client.on('handshake', ({ kex }) => methods.push(kex));
  const ready = new Promise((resolve, reject) => client.once('ready', () => resolve(undefined)).once('error', reject));
  const { host, port } = server;
  client.connect({ host, port, username: 'alice', password: PASSWORDS.alice });
  const fail = (what: string): never => t.fail(what);
  prepareTransport({ client, knownTypes: [], rekey: {}, onStalled: fail, onViolation: fail });
  await ready;
  for (const exchanges of [2, 3]) {
    const done = new Promise((resolve) => client.once('handshake', resolve));
    (client as unknown as { _protocol: { rekey(): void } })._protocol.rekey();
    await done;
    t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'alice\n');
    t.deepEqual(methods, Array(exchanges).fill('mlkem768x25519-sha256'));
  }
});

test('post-quantum: a client without it is served by X25519', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t);
  const client = await login(t, server, 'bob', { algorithms: { kex: ['curve25519-sha256'] } });
  t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'bob\n');
});

test('post-quantum: a server that is told to has nothing else', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t, { kex: 'mlkem768x25519-sha256' });
  const { host, port } = server;
  const user = { host, port, user: 'alice', password: PASSWORDS.alice, verifyHost: () => true };
  const client = await connect(user);
  t.deepEqual(await client.list(), []);
  await client.quit();
  const error = await t.throwsAsync(login(t, server, 'bob'));
  t.regex(error?.message ?? '', /no matching key exchange algorithm/);
});

/** Both messages are a type and strings; the one of the method is the first of the client's, the second of the server's. */
function changeString(index: number, change: (string: Buffer) => Buffer): (payload: Buffer) => Buffer {
  return (payload) => {
    let at = 1;
    for (let skipped = 0; skipped < index; skipped += 1) at += 4 + payload.readUInt32BE(at);
    const end = at + 4 + payload.readUInt32BE(at);
    const changed = change(payload.subarray(at + 4, end));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(changed.length);
    return Buffer.concat([payload.subarray(0, at), length, changed, payload.subarray(end)]);
  };
}

for (const [side, tamperings] of [
  ['client', WRONG_INITS.map(([what, change]) => [what, { message: 30, change: changeString(0, change) }] as const)],
  ['server', WRONG_KEYS.map(([what, change]) => [what, { message: 31, change: changeString(1, change) }] as const)],
] as const) {
  test(`post-quantum: wrong messages of the ${side} end that connection cleanly, and no other`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { 'log-level': 'debug' });
    const honest = await login(t, server, 'bob');
    for (const [what, tampering] of tamperings) {
      const changed: Tampering = { from: side, ...tampering };
      const port = await startProxy(t, server, changed);
      const user = { host: '127.0.0.1', port, user: 'alice', password: PASSWORDS.alice, verifyHost: () => true };
      await t.throwsAsync(connect(user), { instanceOf: ConnectionError }, what);
    }
    t.is((await run(honest, 'whoami')).stdout.toString('utf8'), 'bob\n');
    const records = await server.records();
    t.deepEqual(
      records.filter(({ level }) => level === 'error'),
      [],
    );
    if (side === 'client') {
      const reasons = records.filter(({ event }) => event === 'session.close').map(({ reason }) => reason);
      t.is(reasons.length, tamperings.length);
      for (const reason of reasons) t.regex(String(reason), /DH secret/);
    }
  });
}
