// System calls that fail under a running server: no write, sync or close that failed is ever answered with OK.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SFTPWrapper } from 'ssh2';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { login } from '../helpers/ssh-client.ts';
import { get, put, type ServerUnderTest, startUnderTest, worksFor } from './server-under-test.ts';

type Answer = 'OK' | string;
type Ask = (callback: (error?: Error | null) => void) => void;

/** What the server itself answers: the project's own client would not take an OK after a failure for granted. */
function answer(ask: Ask): Promise<Answer> {
  return new Promise((resolve) => ask((error) => resolve(error ? error.message : 'OK')));
}

async function openSftp(t: ExecutionContext, server: ServerUnderTest): Promise<SFTPWrapper> {
  const client = await login(t, server as unknown as Parameters<typeof login>[1], 'alice');
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
}

function open(sftp: SFTPWrapper, name: string): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    sftp.open(name, 'w', (error, handle) => (error ? reject(error) : resolve(handle))),
  );
}

async function setUp(t: ExecutionContext, settings: Record<string, string>) {
  t.timeout(30_000);
  const server = await startUnderTest(t, { injected: true, settings });
  const under = await server.homeOf('alice');
  return { server, under, sftp: await openSftp(t, server), bob: await server.connect('bob') };
}

const EXPECTED = [
  ['EIO', 'Input/output error'],
  ['EDQUOT', 'Quota exceeded'],
  ['ENOSPC', 'No space left on device'],
] as const;

for (const upload of ['in-place', 'atomic'] as const) {
  test(`disk errors: ${upload}: after a write that failed nothing is OK: not the sync, and not the close`, async (t) => {
    const { server, under, sftp, bob } = await setUp(t, { upload });
    for (const [errno, words] of EXPECTED) {
      const handle = await open(sftp, 'a');
      t.is(await answer((done) => sftp.write(handle, Buffer.from('first'), 0, 5, 0, done)), 'OK');
      await server.setFaults({ call: 'write', errno, under });
      t.is(await answer((done) => sftp.write(handle, Buffer.from('second'), 0, 6, 5, done)), words);
      await worksFor(t, bob);
      await server.setFaults();
      t.is(await answer((done) => sftp.write(handle, Buffer.from('third'), 0, 5, 11, done)), 'OK');
      t.is(await answer((done) => sftp.ext_openssh_fsync(handle, done)), words);
      t.is(await answer((done) => sftp.close(handle, done)), words);
    }
    const outcomes = (await server.records()).filter(({ path }) => path === '/a').map(({ outcome }) => outcome);
    t.deepEqual(outcomes, ['io-error', 'quota-exceeded', 'no-space']);
  });

  test(`disk errors: ${upload}: a sync that failed is told, and the close fails, too`, async (t) => {
    const { server, under, sftp, bob } = await setUp(t, { upload });
    const handle = await open(sftp, 'a');
    await answer((done) => sftp.write(handle, Buffer.from('first'), 0, 5, 0, done));
    await server.setFaults({ call: 'fsync', errno: 'EIO', under });
    t.is(await answer((done) => sftp.ext_openssh_fsync(handle, done)), 'Input/output error');
    await server.setFaults();
    await worksFor(t, bob);
    t.is(await answer((done) => sftp.ext_openssh_fsync(handle, done)), 'Input/output error');
    t.is(await answer((done) => sftp.close(handle, done)), 'Input/output error');
  });

  test(`disk errors: ${upload}: an error that the disk tells of at the close is the answer to CLOSE`, async (t) => {
    const { server, under, sftp, bob } = await setUp(t, { upload });
    const handle = await open(sftp, 'a');
    await answer((done) => sftp.write(handle, Buffer.from('first'), 0, 5, 0, done));
    await server.setFaults({ call: 'close', errno: 'EDQUOT', under });
    t.is(await answer((done) => sftp.close(handle, done)), 'Quota exceeded');
    await worksFor(t, bob);
  });
}

test('disk errors: an atomic upload that can not be synced replaces nothing, and leaves nothing', async (t) => {
  const { server, under, bob } = await setUp(t, { upload: 'atomic' });
  const alice = await server.connect('alice');
  await put(alice.files, 'a', Buffer.from('old'));
  await server.setFaults({ call: 'fsync', errno: 'EIO', under });
  const error = await t.throwsAsync(put(alice.files, 'a', Buffer.from('new')));
  t.true(isFileError(error, 'io-error'), String(error));
  await server.setFaults();
  t.is((await get(alice.files, 'a')).toString(), 'old');
  await alice.files.remove(parsePath('/a'));
  t.deepEqual(await alice.list(), []);
  await worksFor(t, bob);
});

test('disk errors: fsync close: a close is OK only when the content is on the disk', async (t) => {
  const { server, under, sftp } = await setUp(t, { fsync: 'close' });
  const handle = await open(sftp, 'a');
  await answer((done) => sftp.write(handle, Buffer.from('first'), 0, 5, 0, done));
  await server.setFaults({ call: 'fsync', errno: 'EIO', under });
  t.is(await answer((done) => sftp.close(handle, done)), 'Input/output error');
});

test('disk errors: a read that fails is an error, and not the end of the file', async (t) => {
  const { server, under, bob } = await setUp(t, {});
  const alice = await server.connect('alice');
  await put(alice.files, 'a', Buffer.alloc(100_000, 'a'));
  await server.setFaults({ call: 'read', errno: 'EIO', under: join(under, 'a') });
  const error = await t.throwsAsync(get(alice.files, 'a'));
  t.true(isFileError(error, 'io-error'), String(error));
  await worksFor(t, bob);
  await server.setFaults();
  t.is((await get(alice.files, 'a')).length, 100_000);
});
