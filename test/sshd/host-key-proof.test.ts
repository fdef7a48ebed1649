// The announcement of all host keys, its proof, and what OpenSSH makes of it.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type Client } from 'ssh2';
import { fingerprintOf } from '../../src/accounts/public-key.ts';
import { type Protocol, sendMessage } from '../../src/transport/ssh2-protocol.ts';
import { decodeStrings, encodeStrings, readString } from '../../src/transport/wire.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { run } from '../helpers/ssh-client.ts';

const GLOBAL_REQUEST = 80;
const REQUEST_SUCCESS = 81;
const REQUEST_FAILURE = 82;
const PROVE = 'hostkeys-prove-00@openssh.com';

interface Announced {
  readonly client: Client;
  readonly protocol: Protocol;
  readonly keys: readonly Buffer[];
  /** Asks for a proof of `keys` and resolves to the answer. */
  prove(keys: readonly Buffer[]): Promise<Buffer>;
}

/** A client that has logged in and heard of the keys. */
async function announced(t: ExecutionContext, server: TestServer): Promise<Announced> {
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  const { host, port } = server;
  client.connect({ host, port, username: 'alice', password: PASSWORDS.alice });
  const { _protocol: protocol } = client as unknown as { _protocol: Protocol };
  const answers: Array<(answer: Buffer) => void> = [];
  const handle = protocol._onPayload;
  const keys = await new Promise<Buffer[]>((resolve, reject) => {
    client.once('error', reject);
    protocol._onPayload = (payload) => {
      if (payload[0] === REQUEST_SUCCESS || payload[0] === REQUEST_FAILURE) {
        return answers.shift()?.(Buffer.from(payload));
      }
      if (payload[0] !== GLOBAL_REQUEST) return handle(payload);
      const name = readString(payload, 1)?.toString('latin1') ?? '';
      if (name !== 'hostkeys-00@openssh.com') return handle(payload);
      t.is(payload[5 + name.length], 0, 'wants a reply');
      resolve(decodeStrings(Buffer.from(payload), 6 + name.length) ?? []);
      return undefined;
    };
  });
  return {
    client,
    protocol,
    keys,
    prove: (blobs) =>
      new Promise((resolve) => {
        answers.push(resolve);
        const head = Buffer.concat([Buffer.from([GLOBAL_REQUEST]), encodeStrings([PROVE]), Buffer.from([1])]);
        sendMessage(protocol, Buffer.concat([head, encodeStrings(blobs)]));
      }),
  };
}

for (const profile of ['modern', 'compatible']) {
  test(`host key proof: every key of the ${profile} profile is announced after the login, and proven`, async (t) => {
    t.timeout(20_000);
    const server = await startServer(t, { profile });
    const { protocol, keys, prove } = await announced(t, server);
    t.deepEqual(keys.map(fingerprintOf), [...server.fingerprints]);
    const answer = await prove(keys);
    t.is(answer[0], REQUEST_SUCCESS);
    const signatures = decodeStrings(answer, 1) ?? [];
    t.is(signatures.length, keys.length);
    for (const [index, blob] of keys.entries()) {
      const key = ssh2.utils.parseKey(blob);
      const [algorithm = Buffer.alloc(0), signature = Buffer.alloc(0)] = decodeStrings(signatures[index] ?? blob) ?? [];
      if (key instanceof Error || Array.isArray(key)) return t.fail();
      const name = algorithm.toString('latin1');
      t.is(name, key.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.type);
      const data = encodeStrings([PROVE, protocol._kex?.sessionID ?? '', blob]);
      const made = name.startsWith('ecdsa') ? derOf(signature) : signature;
      t.true(key.verify(data, made, name === 'rsa-sha2-512' ? 'sha512' : undefined), name);
    }
  });
}

/** An ECDSA signature as OpenSSL has it. */
function derOf(signature: Buffer): Buffer {
  const numbers = (decodeStrings(signature) ?? []).map((number) =>
    Buffer.concat([Buffer.from([2, number.length]), number]),
  );
  const content = Buffer.concat(numbers);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

for (const [what, choose] of [
  ['a key that is not ours', () => [encodeStrings(['ssh-ed25519', Buffer.alloc(32, 7)])]],
  ['one of ours and one that is not', (keys) => [...keys, encodeStrings(['ssh-ed25519', Buffer.alloc(32, 7)])]],
  ['no key', () => []],
  ['one key many times', (keys) => Array.from({ length: 60 }, () => keys[0] ?? Buffer.alloc(0))],
  ['an empty string', () => [Buffer.alloc(0)]],
] as ReadonlyArray<readonly [string, (keys: readonly Buffer[]) => readonly Buffer[]]>) {
  test(`host key proof: ${what} is refused, and the session goes on`, async (t) => {
    t.timeout(20_000);
    const { client, keys, prove } = await announced(t, await startServer(t));
    t.is((await prove(choose(keys)))[0], REQUEST_FAILURE);
    t.is((await run(client, 'whoami')).status, 0);
  });
}

test('host key proof: the next key of a type is announced and proven, and not used yet', async (t) => {
  t.timeout(20_000);
  const folder = await temporaryFolder(t);
  const next = makeKeyPair('ed25519');
  await writeFile(join(folder, 'ssh_host_ed25519_key.next'), next.private, { mode: 0o600 });
  const server = await startServer(t, { keys: folder, 'host-key-algorithms': 'ssh-ed25519' });
  const { keys, prove } = await announced(t, server);
  t.deepEqual(keys.map((key) => key.toString('base64')).slice(1), [next.public.split(' ')[1]]);
  t.is(server.fingerprints.length, 1);
  t.is((await prove(keys.slice(1)))[0], REQUEST_SUCCESS);
});

test('host key proof: is given once, for signing costs more than asking', async (t) => {
  t.timeout(20_000);
  const { keys, prove } = await announced(t, await startServer(t));
  t.is((await prove(keys))[0], REQUEST_SUCCESS);
  t.is((await prove(keys))[0], REQUEST_FAILURE);
});

test('host key proof: OpenSSH learns the other keys of a host that it knows by one', async (t) => {
  t.timeout(30_000);
  if (!(await needs(t, { ssh: 'openssh-client' }))) return;
  const server = await startServer(t, { profile: 'compatible' });
  const pair = makeKeyPair('ed25519');
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id'), pair.private, { mode: 0o600 });
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await writeFile(join(server.folder, 'authorized_keys/alice'), `${pair.public}\n`, { mode: 0o600 });
  const { keys } = await announced(t, server);
  const known = join(folder, 'known_hosts');
  const host = `[127.0.0.1]:${server.port}`;
  await writeFile(known, `${host} ssh-ed25519 ${keys[0]?.toString('base64')}\n`);
  const options = ['UpdateHostKeys=yes', `UserKnownHostsFile=${known}`, 'StrictHostKeyChecking=yes', 'BatchMode=yes'];
  const words = ['-F', 'none', '-i', join(folder, 'id'), '-p', String(server.port)];
  const target = ['alice@127.0.0.1', 'whoami'];
  const { status, stderr } = await runProgram(t, 'ssh', [...words, ...options.flatMap((o) => ['-o', o]), ...target]);
  t.is(status, 0, stderr);
  const lines = (await readFile(known, 'utf8')).trim().split('\n');
  t.deepEqual(lines.map((line) => line.split(' ')[2]).sort(), keys.map((key) => key.toString('base64')).sort(), stderr);
});
