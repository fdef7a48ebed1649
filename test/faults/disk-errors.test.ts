// System calls that fail under a running server: no write, sync or close that failed is ever answered with OK.

import { readdir } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { SFTPWrapper } from 'ssh2';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { get, put, type ServerUnderTest, startUnderTest, worksFor } from './server-under-test.ts';

type Answer = 'OK' | string;
type Ask = (callback: (error?: Error | null) => void) => void;

/** What the server itself answers: the project's own client would not take an OK after a failure for granted. */
function answer(ask: Ask): Promise<Answer> {
  return new Promise((resolve) => ask((error) => resolve(error ? error.message : 'OK')));
}

async function openSftp(t: ExecutionContext, server: ServerUnderTest): Promise<SFTPWrapper> {
  const client = await login(t, server, 'alice');
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
}

function open(sftp: SFTPWrapper, name: string): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    sftp.open(name, 'w', (error, handle) => (error ? reject(error) : resolve(handle))),
  );
}

const EXPECTED = [
  ['EIO', 'Input/output error', 'io-error'],
  ['EDQUOT', 'Quota exceeded', 'quota-exceeded'],
  ['ENOSPC', 'No space left on device', 'no-space'],
] as const;

for (const upload of ['in-place', 'atomic'] as const) {
  test(`disk errors: ${upload}: a write, sync or close that failed is never followed by an OK`, async (t) => {
    t.timeout(60_000);
    const server = await startUnderTest(t, { injected: true, settings: { upload } });
    const under = await server.homeOf('alice');
    const [sftp, bob] = [await openSftp(t, server), await server.connect('bob')];
    const write = (handle: Buffer, text: string): Promise<Answer> =>
      answer((done) => sftp.write(handle, Buffer.from(text), 0, text.length, 0, done));
    const sync = (handle: Buffer): Promise<Answer> => answer((done) => sftp.ext_openssh_fsync(handle, done));
    const close = (handle: Buffer): Promise<Answer> => answer((done) => sftp.close(handle, done));

    for (const [errno, words] of EXPECTED) {
      const handle = await open(sftp, 'a');
      t.is(await write(handle, 'first'), 'OK');
      await server.setFaults({ call: 'write', errno, under });
      t.is(await write(handle, 'second'), words);
      await worksFor(t, bob);
      await server.setFaults();
      t.is(await write(handle, 'third'), 'OK');
      t.is(await sync(handle), words);
      t.is(await close(handle), words);
    }
    const outcomes = async (): Promise<unknown[]> =>
      (await server.records()).filter(({ path }) => path === '/a').map(({ outcome }) => outcome);
    await until(async () => (await outcomes()).length === EXPECTED.length);
    t.deepEqual(
      await outcomes(),
      EXPECTED.map(([, , outcome]) => outcome),
    );

    const unsynced = await open(sftp, 'b');
    await write(unsynced, 'content');
    await server.setFaults({ call: 'fsync', errno: 'EIO', under });
    t.is(await sync(unsynced), 'Input/output error');
    await server.setFaults();
    // Asked again, the kernel itself would say that all is well.
    t.is(await sync(unsynced), 'Input/output error');
    t.is(await close(unsynced), 'Input/output error');

    const unclosed = await open(sftp, 'c');
    await write(unclosed, 'content');
    await server.setFaults({ call: 'close', errno: 'EDQUOT', under });
    t.is(await close(unclosed), 'Quota exceeded');
    await server.setFaults();

    const { files } = await server.connect('alice');
    if (upload === 'atomic') t.deepEqual(await readdir(under), [], 'nothing that failed is left');
    await put(files, 'd', Buffer.from('old'));
    if (upload === 'atomic') {
      await server.setFaults({ call: 'fsync', errno: 'EIO', under });
      const error = await t.throwsAsync(put(files, 'd', Buffer.from('new')));
      t.true(isFileError(error, 'io-error'), String(error));
      await server.setFaults();
    }
    t.is((await get(files, 'd')).toString(), 'old');

    await server.setFaults({ call: 'read', errno: 'EIO', under });
    const error = await t.throwsAsync(get(files, 'd'), undefined, 'an error, and not the end of the file');
    t.true(isFileError(error, 'io-error'), String(error));
    await worksFor(t, bob);
  });
}

test('disk errors: fsync close: a close is OK only when the content is on the disk', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true, settings: { fsync: 'close' } });
  const under = await server.homeOf('alice');
  const { files } = await server.connect('alice');
  await put(files, 'a', Buffer.from('content'));
  await server.setFaults({ call: 'fsync', errno: 'EIO', under });
  const error = await t.throwsAsync(put(files, 'a', Buffer.from('content')));
  t.true(isFileError(error, 'io-error'), String(error));
});

// Regression. What was wrong: our client closed the target of a copy that had failed as if it were whole. How it was
// reached: the source could not be read to its end, and uploads were atomic: the close gave the name to a part. What this
// verifies: a copy that fails makes nothing.
test('disk errors: a copy whose source can not be read makes nothing', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true, settings: { upload: 'atomic', 'upload-keep': '0' } });
  const { files } = await server.connect('alice');
  await put(files, 'source', Buffer.alloc(600_000, 'content'));
  await server.setFaults({ call: 'read', errno: 'EIO', under: await server.homeOf('alice') });
  const error = await t.throwsAsync(files.copy(parsePath('/source'), parsePath('/target')));
  t.true(isFileError(error, 'io-error'), error?.message);
  await server.setFaults();
  t.deepEqual(await readdir(await server.homeOf('alice')), ['source']);
});
