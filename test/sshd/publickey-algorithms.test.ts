// What was wrong: the question whether an RSA key would do was answered with yes for `ssh-rsa`, whose signature (SHA-1) is
// then refused; and the answer to a question by rsa-sha2-256 or -512 named `ssh-rsa`, which was not asked for.
// How it was reached: any client with an RSA key, as the question comes before the signature. Strict ones give up then.
// What this verifies: SHA-1 is refused when it is asked for, and the answer names what was asked (RFC 4252, section 7; RFC
// 8332, section 3), so that stock clients log in with RSA keys by either algorithm, and by no SHA-1.

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2 from 'ssh2';
import { decodeStrings, encodeStrings } from '../../src/transport/wire.ts';
import { type KeyPair, makeKeyPair } from '../helpers/key-pair.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { beforeLogin } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { listen, say } from '../hostile/liar.ts';
import { MESSAGE, message } from '../hostile/plain-peer.ts';
import { u8 } from '../sftp/bytes-of.ts';

const PK_OK = 60;

async function withKey(t: ExecutionContext, kind: 'rsa' | 'ed25519'): Promise<{ server: TestServer; pair: KeyPair }> {
  t.timeout(60_000);
  const server = await startServer(t);
  const pair = kind === 'rsa' ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }) : makeKeyPair('ed25519');
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await writeFile(join(server.folder, 'authorized_keys/alice'), `${pair.public}\n`, { mode: 0o600 });
  return { server, pair };
}

/** Asks whether the key would do, by this algorithm; resolves to the answer. */
async function ask(t: ExecutionContext, server: TestServer, algorithm: string, blob: Buffer): Promise<Buffer> {
  const client = await beforeLogin(t, server, 'alice');
  const answers: Buffer[] = [];
  listen(client, (one) => answers.push(one));
  const request = encodeStrings(['alice', 'ssh-connection', 'publickey']);
  say(client, message(MESSAGE.userauthRequest, request, u8(0), encodeStrings([algorithm, blob])));
  await until(() => answers.some(([type]) => type === PK_OK || type === MESSAGE.userauthFailure));
  client.destroy();
  return answers.find(([type]) => type === PK_OK || type === MESSAGE.userauthFailure) ?? Buffer.alloc(0);
}

const blobOf = ({ public: line }: KeyPair): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

for (const [kind, algorithm, isTaken] of [
  ['rsa', 'rsa-sha2-512', true],
  ['rsa', 'rsa-sha2-256', true],
  ['rsa', 'ssh-rsa', false],
  ['rsa', 'ssh-ed25519', false],
  ['rsa', 'rsa-sha2-512-cert-v01@openssh.com', false],
  ['ed25519', 'ssh-ed25519', true],
  ['ed25519', 'rsa-sha2-512', false],
] as const) {
  test(`publickey: a question by ${algorithm} for a key of type ${kind} is answered ${isTaken ? 'in its own words' : 'with no'}`, async (t) => {
    const { server, pair } = await withKey(t, kind);
    const answer = await ask(t, server, algorithm, blobOf(pair));
    if (isTaken) {
      t.is(answer[0], PK_OK);
      t.deepEqual(decodeStrings(answer, 1), [Buffer.from(algorithm), blobOf(pair)]);
    } else {
      t.is(answer[0], MESSAGE.userauthFailure);
    }
  });
}

/** A server that knows an RSA key of alice's, and the file of its private half. */
async function withIdentity(t: ExecutionContext): Promise<{ server: TestServer; identity: string }> {
  t.timeout(60_000);
  const server = await startServer(t);
  const identity = join(server.folder, 'identity');
  const made = await runProgram(t, 'ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', identity]);
  t.is(made.status, 0, made.stderr);
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await copyFile(`${identity}.pub`, join(server.folder, 'authorized_keys/alice'));
  return { server, identity };
}

async function logInBy(t: ExecutionContext, algorithms: string): Promise<{ status: number | null; stderr: string }> {
  const { server, identity } = await withIdentity(t);
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes'];
  const words = [...options, `PubkeyAcceptedAlgorithms=${algorithms}`].flatMap((option) => ['-o', option]);
  const target = ['-v', '-F', 'none', '-i', identity, '-p', String(server.port), 'alice@127.0.0.1', 'whoami'];
  return runProgram(t, 'ssh', [...words, ...target]);
}

for (const algorithm of ['rsa-sha2-256', 'rsa-sha2-512'] as const) {
  test(`publickey: OpenSSH logs in with an RSA key by ${algorithm}`, async (t) => {
    if (!(await needs(t, { ssh: 'openssh-client' }))) return;
    const { status, stderr } = await logInBy(t, algorithm);
    t.is(status, 0, stderr);
    t.regex(stderr, /Server accepts key/);
  });
}

test('publickey: OpenSSH that insists on SHA-1 is not let in', async (t) => {
  if (!(await needs(t, { ssh: 'openssh-client' }))) return;
  const { status, stderr } = await logInBy(t, 'ssh-rsa');
  t.is(status, 255, stderr);
  t.notRegex(stderr, /Server accepts key/);
});

test('publickey: PuTTY logs in with an RSA key', async (t) => {
  if (!(await needs(t, { plink: 'putty-tools', puttygen: 'putty-tools', 'ssh-keygen': 'openssh-client' }))) return;
  const { server, identity } = await withIdentity(t);
  const converted = await runProgram(t, 'puttygen', [identity, '-O', 'private', '-o', `${identity}.ppk`]);
  t.is(converted.status, 0, converted.stderr);
  const hostKeys = server.fingerprints.flatMap((fingerprint) => ['-hostkey', fingerprint]);
  const words = ['-batch', '-P', String(server.port), '-i', `${identity}.ppk`, ...hostKeys];
  const environment = { HOME: server.folder };
  const { status, stdout, stderr } = await runProgram(t, 'plink', [...words, 'alice@127.0.0.1', 'whoami'], {
    environment,
  });
  t.is(status, 0, stderr);
  t.is(stdout.toString('utf8').trim(), 'alice');
});
