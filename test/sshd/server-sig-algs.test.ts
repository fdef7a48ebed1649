// What was wrong: ssh2 tells clients of the signature `ecdsa-sha2-nistp521rsa-sha2-512`, which there is not, and of SHA-1.
// How it was reached: any client with an RSA key that reads `server-sig-algs`; it then signs with the weaker SHA-256.
// What this verifies: the list is the one that the server takes, each name whole, sent once and to those who ask.

import test from 'ava';
import ssh2 from 'ssh2';
import { SIGNATURE_ALGORITHMS } from '../../src/sshd/server-sig-algs.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';
import { run } from '../helpers/ssh-client.ts';

interface Listening {
  readonly _protocol: {
    rekey(): void;
    readonly _handlers: { EXT_INFO: (protocol: unknown, extensions: Array<{ name: string; algs: string[] }>) => void };
  };
}

test('server-sig-algs: a client is told once, before the login, of every algorithm that is taken', async (t) => {
  t.timeout(20_000);
  const server = await startServer(t);
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  const told: string[][] = [];
  const ready = new Promise((resolve, reject) => client.once('ready', () => resolve(undefined)).once('error', reject));
  client.connect({ host: server.host, port: server.port, username: 'alice', password: PASSWORDS.alice });
  const { _protocol: protocol } = client as unknown as Listening;
  const handle = protocol._handlers.EXT_INFO;
  protocol._handlers.EXT_INFO = (self, extensions) => {
    told.push(...extensions.map(({ algs }) => algs));
    handle(self, extensions);
  };
  await ready;
  t.deepEqual(told, [[...SIGNATURE_ALGORITHMS]]);
  const again = new Promise((resolve) => client.once('handshake', resolve));
  protocol.rekey();
  await again;
  t.is((await run(client, 'whoami')).status, 0);
  t.is(told.length, 1);
});

test('server-sig-algs: OpenSSH reads it', async (t) => {
  t.timeout(20_000);
  if (!(await needs(t, { ssh: 'openssh-client' }))) return;
  const { port } = await startServer(t);
  const words = ['-v', '-F', 'none', '-p', String(port), '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes'];
  const known = ['-o', 'UserKnownHostsFile=/dev/null', 'alice@127.0.0.1', 'whoami'];
  const { stderr } = await runProgram(t, 'ssh', [...words, ...known]);
  t.regex(stderr, new RegExp(`server-sig-algs=<${SIGNATURE_ALGORITHMS.join(',')}>`));
});
