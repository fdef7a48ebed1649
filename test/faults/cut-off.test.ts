// Uploads by every way in that are cut off in the middle, where uploads are atomic: what was there stays, the audit log
// says so, and the stock client can go on with a new file.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ClientChannel, SFTPWrapper } from 'ssh2';
import { parsePath } from '../../src/model/path.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { connectActor } from './actors.ts';
import { get, put } from './server-under-test.ts';

const OLD = 'what was there';

/** Begins to upload `/a` by some way in, and breaks the connection when some of it has arrived. */
type CutOff = (t: ExecutionContext, server: TestServer) => Promise<void>;

const overSftp: CutOff = async (t, server) => {
  const client = await login(t, server, 'alice');
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
    client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
  );
  const handle = await new Promise<Buffer>((resolve, reject) =>
    sftp.open('a', 'w', (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) =>
    sftp.write(handle, Buffer.from('half'), 0, 4, 0, (error) => (error ? reject(error) : resolve())),
  );
  client.destroy();
};

const overExec =
  (command: string, ...input: readonly string[]): CutOff =>
  async (t, server) => {
    const client = await login(t, server, 'alice');
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      client.exec(command, (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    channel.resume();
    for (const text of input) channel.write(text);
    // Some of it has arrived when there is something on the disk beside what was there.
    const home = await server.homeOf('alice');
    await until(async () => (await readdir(home)).length > 1);
    client.destroy();
  };

/** By the way in, and what the audit log calls it. */
const WAYS: Readonly<Record<string, CutOff>> = {
  sftp: overSftp,
  exec: overExec('upload a', 'half'),
  scp: overExec('scp -t a', 'C0644 1000 a\n', 'half'),
};

for (const [face, cutOff] of Object.entries(WAYS)) {
  test(`cut off: ${face}: an atomic upload replaces nothing, and the audit log says cancelled`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { upload: 'atomic' });
    await writeFile(join(await server.homeOf('alice'), 'a'), OLD);
    await cutOff(t, server);
    const uploads = async () =>
      (await server.records()).filter((record) => record['event'] === 'file.upload' && record['face'] === face);
    await until(async () => (await uploads()).length > 0);
    t.deepEqual(
      (await uploads()).map(({ path, outcome }) => [path, outcome]),
      [['/a', 'cancelled']],
    );
    const alice = await connectActor(t, server, 'alice');
    t.is((await get(alice.files, 'a')).toString(), OLD);
    t.deepEqual(
      (await alice.list()).map(({ name }) => name),
      ['a'],
    );
    await put(alice.files, 'a', Buffer.from('new'));
    t.deepEqual(await readdir(await server.homeOf('alice')), ['a']);
  });
}

test('cut off: a server that stops leaves what was there, and keeps what had arrived', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { upload: 'atomic' });
  const alice = await connectActor(t, server, 'alice');
  await put(alice.files, 'a', Buffer.from(OLD));
  const file = await alice.files.open(parsePath('/a'), { write: true, create: true, truncate: true });
  await file.write(Buffer.from('half'), 0);
  await server.stop();
  const home = await server.homeOf('alice');
  t.is(await readFile(join(home, 'a'), 'utf8'), OLD);
  t.is((await readdir(home)).length, 2);
});

test('cut off: OpenSSH’s sftp goes on with a new file by reput, from where it was cut off', async (t) => {
  if (!(await needs(t, { sftp: 'openssh-client', sshpass: 'sshpass' }))) return;
  t.timeout(30_000);
  const server = await startServer(t, { upload: 'atomic' });
  await mkdir(await server.homeOf('alice'), { recursive: true });
  await overSftp(t, server);
  const alice = await connectActor(t, server, 'alice');
  await until(async () => (await alice.stat('a').catch(() => undefined))?.sizeBytes === 4);
  t.deepEqual(await alice.list(), []);

  const local = await temporaryFolder(t);
  // What differs in the first four bytes shows that they were not sent again.
  await writeFile(join(local, 'a'), 'HALF and the rest');
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=no'];
  const words = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-P', String(server.port), '-b', '-'];
  const { status, stderr } = await runProgram(t, 'sshpass', ['-e', 'sftp', ...words, 'alice@127.0.0.1'], {
    folder: local,
    input: 'reput a\n',
    environment: { SSHPASS: PASSWORDS.alice },
  });
  t.is(status, 0, stderr);
  t.is((await get(alice.files, 'a')).toString(), 'half and the rest');
  t.deepEqual(await readdir(await server.homeOf('alice')), ['a']);
});

test('upload-for: only the users that are named upload atomically', async (t) => {
  const server = await startServer(t, { 'upload-for': 'alice=atomic' });
  for (const user of ['alice', 'bob'] as const) {
    const home = await server.homeOf(user);
    await writeFile(join(home, 'a'), OLD);
    const client = await login(t, server, user);
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
      client.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper))),
    );
    await new Promise<void>((resolve, reject) => sftp.open('a', 'w', (error) => (error ? reject(error) : resolve())));
    t.is(await readFile(join(home, 'a'), 'utf8'), user === 'alice' ? OLD : '');
  }
});
