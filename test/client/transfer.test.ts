// Files up and down: every size, resumed, interrupted, changed under way. Content is compared byte by byte.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { TransferProgress } from '../../src/client/transfer.ts';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';
import { openDesk } from './desk.ts';

const SIZES = [0, 1, 32_767, 32_768, 32_769, 255 * 1024, 255 * 1024 + 1, 5_000_000];

async function fails(t: ExecutionContext, work: Promise<unknown>, code: FileErrorCode): Promise<FileError> {
  const error = await t.throwsAsync(work, { instanceOf: FileError });
  t.is(error instanceof FileError && error.code, code, error?.message);
  return error as FileError;
}

test('transfer: every size goes up and comes down as it was', async (t) => {
  const { client, home, here } = await openDesk(t);
  for (const size of SIZES) {
    const content = randomBytes(size);
    await writeFile(join(here, 'source'), content);
    t.deepEqual(await client.upload(join(here, 'source'), 'remote'), { files: 1, bytes: size, failures: 0 });
    t.true(content.equals(await readFile(join(home, 'remote'))), `up: ${size}`);
    t.deepEqual(await client.download('remote', join(here, 'target')), { files: 1, bytes: size, failures: 0 });
    t.true(content.equals(await readFile(join(here, 'target'))), `down: ${size}`);
    t.true(content.equals(await client.download('remote')), `into memory: ${size}`);
  }
  t.deepEqual((await readdir(here)).sort(), ['source', 'target']);
});

test('transfer: streams and bytes go both ways', async (t) => {
  const { client, home } = await openDesk(t);
  const content = randomBytes(700_001);
  const chunks = [content.subarray(0, 3), content.subarray(3, 500_000), content.subarray(500_000)];
  await client.upload(Readable.from(chunks), 'from-stream');
  t.true(content.equals(await readFile(join(home, 'from-stream'))));
  await client.upload(new Uint8Array(content), 'from-bytes');
  t.true(content.equals(await readFile(join(home, 'from-bytes'))));
  await client.upload(Readable.from(['text', ' as strings']), 'from-strings');
  t.is(await readFile(join(home, 'from-strings'), 'utf8'), 'text as strings');

  const into = new PassThrough({ highWaterMark: 1000 });
  const received: Buffer[] = [];
  into.on('data', (chunk: Buffer) => received.push(chunk));
  await client.download('from-stream', into);
  t.true(content.equals(Buffer.concat(received)));
  t.true(into.writableEnded);
});

test('transfer: a stream that breaks fails the transfer, and the connection lives', async (t) => {
  const { client, home } = await openDesk(t);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('begin');
      throw new Error('the tape is torn');
    })(),
  );
  await t.throwsAsync(client.upload(broken, 'a'), { message: 'the tape is torn' });
  await writeFile(join(home, 'b'), randomBytes(3_000_000));
  const closing = new PassThrough({ highWaterMark: 1000 });
  closing.once('data', () => closing.destroy(new Error('the disk is full of eels')));
  await t.throwsAsync(client.download('b', closing), { message: 'the disk is full of eels' });
  t.is((await client.list()).length, 2);
});

test('transfer: an upload replaces a longer file whole', async (t) => {
  const { client, home } = await openDesk(t);
  await writeFile(join(home, 'a'), randomBytes(100_000));
  await client.upload(Buffer.from('short'), 'a');
  t.is(await readFile(join(home, 'a'), 'utf8'), 'short');
});

test('transfer: progress counts up to the size', async (t) => {
  const { client, here } = await openDesk(t);
  await writeFile(join(here, 'a'), randomBytes(1_000_000));
  for (const move of ['up', 'down'] as const) {
    const seen: TransferProgress[] = [];
    const options = { onProgress: (progress: TransferProgress) => seen.push(progress) };
    if (move === 'up') await client.upload(join(here, 'a'), 'a', options);
    else await client.download('a', join(here, 'b'), options);
    t.deepEqual(seen.at(0), { path: '/a', bytes: 0, totalBytes: 1_000_000 });
    t.deepEqual(seen.at(-1), { path: '/a', bytes: 1_000_000, totalBytes: 1_000_000 });
    t.true(seen.every(({ bytes }, index) => index === 0 || bytes >= (seen[index - 1]?.bytes ?? 0)));
  }
});

test('transfer: an upload is resumed from what is there', async (t) => {
  const { client, home, here } = await openDesk(t);
  const content = randomBytes(1_000_000);
  await writeFile(join(here, 'a'), content);
  for (const there of [0, 1, 400_000, 1_000_000]) {
    await writeFile(join(home, 'a'), content.subarray(0, there));
    const { bytes } = await client.upload(join(here, 'a'), 'a', { resume: true });
    t.is(bytes, content.length - there);
    t.true(content.equals(await readFile(join(home, 'a'))));
  }
  const { bytes } = await client.upload(join(here, 'a'), 'new', { resume: true });
  t.is(bytes, content.length);
});

test('transfer: an upload is not resumed onto something else', async (t) => {
  const { client, home, here } = await openDesk(t);
  await writeFile(join(here, 'a'), 'the local content');
  await writeFile(join(home, 'longer'), 'the local content and more');
  await writeFile(join(home, 'other'), 'another');
  await fails(t, client.upload(join(here, 'a'), 'longer', { resume: true }), 'invalid-argument');
  await fails(t, client.upload(join(here, 'a'), 'other', { resume: true }), 'invalid-argument');
  t.is(await readFile(join(home, 'other'), 'utf8'), 'another');
});

test('transfer: an interrupted download is kept apart, and resumed', async (t) => {
  const { client, home, here } = await openDesk(t);
  const content = randomBytes(8_000_000);
  await writeFile(join(home, 'a'), content);
  await writeFile(join(here, 'a'), 'the old content');
  const stop = new AbortController();
  const onProgress = ({ bytes }: TransferProgress): void => {
    if (bytes > 2_000_000) stop.abort();
  };
  await fails(t, client.download('a', join(here, 'a'), { signal: stop.signal, onProgress }), 'cancelled');
  t.is(await readFile(join(here, 'a'), 'utf8'), 'the old content');
  const kept = (await stat(join(here, 'a.sshome-part'))).size;
  t.true(kept > 2_000_000 && kept < content.length);

  const { bytes } = await client.download('a', join(here, 'a'), { resume: true });
  t.is(bytes, content.length - kept);
  t.true(content.equals(await readFile(join(here, 'a'))));
  t.deepEqual(await readdir(here), ['a']);
});

test('transfer: a download is resumed from what another client has left, never onto something else', async (t) => {
  const { client, home, here } = await openDesk(t);
  const content = randomBytes(500_000);
  await writeFile(join(home, 'a'), content);
  await writeFile(join(here, 'a'), content.subarray(0, 123_456));
  t.is((await client.download('a', join(here, 'a'), { resume: true })).bytes, 500_000 - 123_456);
  t.true(content.equals(await readFile(join(here, 'a'))));
  t.is((await client.download('a', join(here, 'a'), { resume: true })).bytes, 0);

  await writeFile(join(here, 'b'), 'something else');
  await fails(t, client.download('a', join(here, 'b'), { resume: true }), 'invalid-argument');
  t.is(await readFile(join(here, 'b'), 'utf8'), 'something else');
  await truncate(join(home, 'a'), 1000);
  await fails(t, client.download('a', join(here, 'a'), { resume: true }), 'invalid-argument');
});

test('transfer: what an earlier download has left is not used unless asked for', async (t) => {
  const { client, home, here } = await openDesk(t);
  await writeFile(join(home, 'a'), 'content');
  await writeFile(join(here, 'trap'), 'untouched');
  await symlink(join(here, 'trap'), join(here, 'a.sshome-part'));
  await client.download('a', join(here, 'a'));
  t.is(await readFile(join(here, 'a'), 'utf8'), 'content');
  t.is(await readFile(join(here, 'trap'), 'utf8'), 'untouched');
});

test('transfer: a download follows a local link, and feeds what is no file', async (t) => {
  const { client, home, here } = await openDesk(t);
  await writeFile(join(home, 'a'), 'content');
  await writeFile(join(here, 'real'), 'old');
  await symlink('real', join(here, 'link'));
  await client.download('a', join(here, 'link'));
  t.is(await readFile(join(here, 'real'), 'utf8'), 'content');
  await client.download('a', '/dev/null');
  t.true((await stat('/dev/null')).isCharacterDevice());
});

test('transfer: a file that changes during a download is told', async (t) => {
  const { client, home, here } = await openDesk(t);
  await writeFile(join(home, 'a'), randomBytes(6_000_000));
  let changed: Promise<void> | undefined;
  const onProgress = ({ bytes }: TransferProgress): void => {
    if (bytes > 0) changed ??= writeFile(join(home, 'a'), 'x', { flag: 'a' });
  };
  await fails(t, client.download('a', join(here, 'a'), { onProgress }), 'busy');
  await changed;
  t.deepEqual(await readdir(here), ['a.sshome-part']);
});

test('transfer: a cancelled upload keeps what arrived', async (t) => {
  const { client, home, here } = await openDesk(t);
  const content = randomBytes(20_000_000);
  await writeFile(join(here, 'a'), content);
  const stop = new AbortController();
  const onProgress = ({ bytes }: TransferProgress): void => {
    if (bytes > 8_000_000) stop.abort();
  };
  await fails(t, client.upload(join(here, 'a'), 'a', { signal: stop.signal, onProgress }), 'cancelled');
  await client.upload(join(here, 'a'), 'a', { resume: true });
  t.true(content.equals(await readFile(join(home, 'a'))));
  const never = new AbortController();
  never.abort();
  await fails(t, client.upload(join(here, 'a'), 'b', { signal: never.signal }), 'cancelled');
  await fails(t, client.download('a', join(here, 'b'), { signal: never.signal }), 'cancelled');
  t.deepEqual(await readdir(home), ['a']);
});

/*
 * What was wrong: an upload that was broken off was closed, which says to the server that it is finished; where uploads are
 * atomic a part of the new file took the place of the old one, which was lost.
 * How it was reached: client.upload() to a server with --upload atomic, and its signal aborted half-way.
 * What this verifies: the old file stays, and what had arrived can be gone on with once nothing is at the name.
 */
test('transfer: an upload that is broken off replaces nothing where uploads are atomic', async (t) => {
  const { client, home, here } = await openDesk(t, { upload: 'atomic' });
  const content = randomBytes(20_000_000);
  await writeFile(join(here, 'a'), content);
  await writeFile(join(home, 'a'), 'the old content');
  const stop = new AbortController();
  const onProgress = ({ bytes }: TransferProgress): void => {
    if (bytes > 5_000_000) stop.abort();
  };
  await fails(t, client.upload(join(here, 'a'), 'a', { signal: stop.signal, onProgress }), 'cancelled');
  // Answered behind all that was under way.
  await client.list('/');
  t.is(await readFile(join(home, 'a'), 'utf8'), 'the old content');
  await rename(join(home, 'a'), join(home, 'old'));
  const { bytes } = await client.upload(join(here, 'a'), 'a', { resume: true });
  t.true(bytes < 16_000_000, `${bytes} bytes`);
  t.true(content.equals(await readFile(join(home, 'a'))));
  // A source that fails is no different.
  const torn = Readable.from(
    (async function* () {
      yield Buffer.alloc(100_000);
      throw new Error('the tape is torn');
    })(),
  );
  await t.throwsAsync(client.upload(torn, 'a'));
  await client.list('/');
  t.true(content.equals(await readFile(join(home, 'a'))));
});

test('transfer: a connection that breaks fails the transfer as closed, and leaves what arrived', async (t) => {
  const { client, home, here, stop } = await openDesk(t);
  await writeFile(join(home, 'a'), randomBytes(30_000_000));
  let stopping: Promise<void> | undefined;
  const onProgress = ({ bytes }: TransferProgress): void => {
    if (bytes > 1_000_000) stopping ??= stop();
  };
  await fails(t, client.download('a', join(here, 'a'), { onProgress }), 'closed');
  await stopping;
  t.true((await stat(join(here, 'a.sshome-part'))).size > 1_000_000);
});

test('transfer: errors name the file that is at fault', async (t) => {
  const { client, home, here } = await openDesk(t);
  await mkdir(join(home, 'folder'));
  await writeFile(join(here, 'a'), 'content');
  t.is((await fails(t, client.download('missing', join(here, 'b')), 'not-found')).path, '/missing');
  t.is((await fails(t, client.upload(join(here, 'missing'), 'b'), 'not-found')).path, join(here, 'missing'));
  await fails(t, client.download('folder', join(here, 'b')), 'is-a-directory');
  await fails(t, client.upload(join(here, 'a'), 'folder'), 'is-a-directory');
  await fails(t, client.upload(here, 'b'), 'is-a-directory');
  await fails(t, client.upload('/dev/zero', 'b'), 'unsupported');
  await fails(t, client.download('folder', join(here, 'no', 'b')), 'is-a-directory');
  await writeFile(join(home, 'b'), 'content');
  await fails(t, client.download('b', join(here, 'no', 'b')), 'not-found');
  await fails(t, client.download('b', here), 'is-a-directory');
  await fails(t, client.upload(Buffer.from('x'), 'b', { resume: true, recursive: true }), 'unsupported');
  t.deepEqual(await readdir(here), ['a']);
});

test('transfer: times and permission bits are kept on request', async (t) => {
  const { client, home, here } = await openDesk(t);
  await writeFile(join(here, 'a'), 'content', { mode: 0o640 });
  await utimes(join(here, 'a'), 1_000_000_000, 1_234_567_890);
  await client.upload(join(here, 'a'), 'a', { preserve: true });
  const there = await stat(join(home, 'a'));
  t.deepEqual([there.mode & 0o777, there.mtimeMs], [0o640, 1_234_567_890_000]);
  await client.download('a', join(here, 'b'), { preserve: true });
  const back = await stat(join(here, 'b'));
  t.deepEqual([back.mode & 0o777, back.mtimeMs], [0o640, 1_234_567_890_000]);
});

test('transfer: preview gives the beginning, exactly', async (t) => {
  const { client, home } = await openDesk(t);
  const content = randomBytes(5000);
  await writeFile(join(home, 'a'), content);
  t.true(content.subarray(0, 1024).equals(await client.preview('a')));
  t.true(content.equals(await client.preview('a', { bytes: 9000 })));
  await fails(t, client.preview('missing'), 'not-found');
});
