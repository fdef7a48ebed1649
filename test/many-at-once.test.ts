// Many clients of mixed kinds at the same time, and some that behave badly among them.

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from './helpers/folder.ts';
import { makeKeyPair } from './helpers/key-pair.ts';
import { needs, runProgram } from './helpers/program.ts';
import { startServer } from './helpers/server.ts';
import { login, openSubsystem, run } from './helpers/ssh-client.ts';
import { connectAlice } from './helpers/sshome-client.ts';
import { until } from './helpers/until.ts';

const SIZE_BYTES = 4_000_000;

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

test('many at once: twenty clients of five kinds all finish with equal checksums', async (t) => {
  if (!(await needs(t, { ssh: 'openssh-client', sftp: 'openssh-client', scp: 'openssh-client' }))) return;
  t.timeout(120_000);
  const server = await startServer(t);
  const home = await server.homeOf('alice');
  const local = await temporaryFolder(t);
  const pair = makeKeyPair('ed25519');
  await writeFile(join(local, 'key'), pair.private, { mode: 0o600 });
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await writeFile(join(server.folder, 'authorized_keys/alice'), `${pair.public}\n`, { mode: 0o600 });

  const port = String(server.port);
  const options = ['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'].concat([
    '-o',
    'LogLevel=ERROR',
    '-o',
    'BatchMode=yes',
    '-o',
    'IdentitiesOnly=yes',
    '-i',
    join(local, 'key'),
  ]);
  const program = async (name: string, words: readonly string[], input: string | Uint8Array = ''): Promise<Buffer> => {
    const result = await runProgram(t, name, [...options, ...words], { folder: local, input });
    t.is(result.status, 0, `${name} ${words.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };

  /** Each kind sends the content as `name`, and brings it back. */
  const kinds: ReadonlyArray<(name: string, content: Buffer) => Promise<Uint8Array>> = [
    async (name) => {
      await program('sftp', ['-P', port, '-b', '-', 'alice@127.0.0.1'], `put ${name}\nget ${name} ${name}.back\n`);
      return readFile(join(local, `${name}.back`));
    },
    async (name) => {
      await program('scp', ['-P', port, name, 'alice@127.0.0.1:']);
      await program('scp', ['-P', port, `alice@127.0.0.1:${name}`, `${name}.back`]);
      return readFile(join(local, `${name}.back`));
    },
    async (name) => {
      await program('scp', ['-O', '-P', port, name, 'alice@127.0.0.1:']);
      await program('scp', ['-O', '-P', port, `alice@127.0.0.1:${name}`, `${name}.back`]);
      return readFile(join(local, `${name}.back`));
    },
    async (name, content) => {
      await program('ssh', ['-p', port, 'alice@127.0.0.1', 'upload', name], content);
      return program('ssh', ['-p', port, 'alice@127.0.0.1', 'download', name]);
    },
    async (name) => {
      const client = await connectAlice(t, server);
      await client.upload(join(local, name), `/${name}`);
      return client.download(`/${name}`);
    },
  ];

  const work = Array.from({ length: 20 }, async (_, index) => {
    const name = `file-${index}`;
    const content = randomBytes(SIZE_BYTES + index);
    await writeFile(join(local, name), content);
    const back = await kinds[index % kinds.length]?.(name, content);
    t.is(sha256(await readFile(join(home, name))), sha256(content), name);
    t.is(sha256(back ?? Buffer.alloc(0)), sha256(content), name);
  });
  await Promise.all(work);
  t.is((await readdir(home)).length, 20);
});

test('many at once: clients that stand still in a transfer delay nobody else', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t);
  const home = await server.homeOf('mallory');
  await writeFile(join(home, 'big'), Buffer.alloc(32 * 1024 * 1024));
  // Ten that ask for much and read nothing, ten that begin an upload and go on with nothing.
  for (let index = 0; index < 10; index += 1) {
    const stalled = await login(t, server, 'mallory');
    stalled.exec('download big', () => {});
    stalled.exec(`upload half-${index}`, (_error, channel) => channel?.write('half'));
  }
  await until(async () => (await readdir(home)).length === 11);
  const client = await connectAlice(t, server);
  const content = randomBytes(SIZE_BYTES);
  await client.upload(content, '/file');
  t.is(sha256(await client.download('/file')), sha256(content));
});

test('many at once: a client that vanishes leaves no open file and no session behind', async (t) => {
  const server = await startServer(t);
  const home = await server.homeOf('mallory');
  await writeFile(join(home, 'big'), Buffer.alloc(8 * 1024 * 1024));
  for (let index = 0; index < 5; index += 1) {
    const client = await login(t, server, 'mallory');
    client.exec('download big', () => {});
    client.exec(`upload half-${index}`, (_error, channel) => channel?.write('half'));
    const channel = await openSubsystem(client);
    // INIT, then half of a request.
    channel.write(Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3, 0, 0, 0, 20, 11]));
    await until(async () => (await openIn(home)).includes(`half-${index}`));
    client.destroy();
  }
  await until(async () => (await openIn(home)).length === 0);
  const bob = await login(t, server, 'bob');
  await until(async () => (await server.records()).filter(({ event }) => event === 'session.close').length === 5);
  t.is((await run(bob, 'whoami')).stdout.toString('utf8'), 'bob\n');
});

/** The names of the files below `folder` that this process, the server's too, has open. */
async function openIn(folder: string): Promise<string[]> {
  const open: string[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    try {
      const path = await readlink(`/proc/self/fd/${descriptor}`);
      if (path.startsWith(`${folder}/`)) open.push(path.slice(folder.length + 1));
    } catch (error) {
      // Closed between the two calls.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return open;
}
