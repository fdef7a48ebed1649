// WinSCP, which runs on Windows only: what it sends is replayed, as its source has it (source/core/SftpFileSystem.cpp
// and ScpFileSystem.cpp of WinSCP 6.5).

import { randomBytes } from 'node:crypto';
import { once as onceEvent } from 'node:events';
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ClientChannel } from 'ssh2';
import { str, u32, u64 } from '../sftp/bytes-of.ts';
import { checksOf, once } from './client-tests.ts';
import type { Client, Lifetime } from './driver.ts';
import { firstName, Open, type Reply, replay, Status, Type } from './replay.ts';
import { type Stage, setStage } from './stage.ts';

const IDENT = 'WinSCP_release_6.5.3';

const client: Client = {
  name: 'WinSCP (replayed)',
  programs: {},
  version: async () => 'requests as in the source of 6.5',
};

const check = checksOf(client);

const stages: Array<() => unknown> = [];
const lifetime: Lifetime = { teardown: (close) => stages.push(close), log: console.log };
test.after.always('WinSCP: taken down', async () => {
  for (const close of stages.reverse()) await close();
});
const stage = once((): Promise<Stage> => setStage(lifetime));

const content = randomBytes(200_001);

check('asks for version 3 of a server that it does not know, and for 6 when told; both get 3', async (t) => {
  for (const version of [3, 6]) {
    const { extensions } = await replay(t, await stage(), { ident: IDENT, version });
    // What it looks for among the extensions: room by statvfs, links, copies, checksums.
    for (const name of ['statvfs@openssh.com', 'hardlink@openssh.com', 'limits@openssh.com', 'copy-data']) {
      t.true(extensions.includes(name), name);
    }
  }
  return undefined;
});

check('enters a folder by LSTAT and lists it with the next READDIR always under way', async (t) => {
  const { home } = await stage();
  for (let number = 0; number < 500; number += 1) await writeFile(join(home, `listed ${number}`), '');
  const { send } = await replay(t, await stage(), { ident: IDENT });
  t.is(firstName(await send(Type.REALPATH, str('.'))), '/');
  t.is((await send(Type.LSTAT, str('/'))).type, Type.ATTRS);
  const { body: handle } = await send(Type.OPENDIR, str('/'));
  let entries = 0;
  let reply = await send(Type.READDIR, handle);
  while (reply.type === Type.NAME) {
    const next = send(Type.READDIR, handle);
    entries += reply.body.readUInt32BE(0);
    reply = await next;
  }
  t.is(reply.status, Status.EOF);
  // It does not wait for the answer of CLOSE before it goes on.
  const closed = send(Type.CLOSE, handle);
  t.is((await send(Type.LSTAT, str('/listed 1'))).type, Type.ATTRS);
  t.is((await closed).status, Status.OK);
  t.true(entries >= 502, 'with "." and ".."');
  return undefined;
});

check('uploads through a .filepart: LSTATs, OPEN, WRITEs, CLOSE, RENAME, SETSTAT', async (t) => {
  const { home } = await stage();
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  const path = '/up load.bin';
  t.is((await send(Type.LSTAT, str(path))).status, Status.NO_SUCH_FILE);
  t.is((await send(Type.LSTAT, str(`${path}.filepart`))).status, Status.NO_SUCH_FILE);
  const handle = await open(`${path}.filepart`, Open.WRITE | Open.CREAT | Open.TRUNC);
  const replies = writes(send, handle, content, 0);
  // CLOSE goes out before the answers of the WRITEs are in.
  const closed = send(Type.CLOSE, handle);
  t.true((await Promise.all(replies)).every(({ status }) => status === Status.OK));
  t.is((await closed).status, Status.OK);
  t.is((await send(Type.RENAME, str(`${path}.filepart`), str(path))).status, Status.OK);
  const permissionsAndTimes = Buffer.concat([u32(0x4 | 0x8), u32(0o100640), u32(1_234_567_890), u32(1_234_567_890)]);
  t.is((await send(Type.SETSTAT, str(path), permissionsAndTimes)).status, Status.OK);
  t.deepEqual(await readFile(join(home, path)), content);
  const { mode, mtimeMs } = await stat(join(home, path));
  t.deepEqual([mode & 0o777, mtimeMs], [0o640, 1_234_567_890_000]);
  return undefined;
});

check('resumes the .filepart without APPEND, then removes the old file and renames over its name', async (t) => {
  const { home } = await stage();
  await writeFile(join(home, 'resumed'), 'the old file');
  await writeFile(join(home, 'resumed.filepart'), content.subarray(0, 100_000));
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  t.is((await send(Type.LSTAT, str('/resumed'))).type, Type.ATTRS);
  const { body } = await send(Type.LSTAT, str('/resumed.filepart'));
  t.is(body.readBigUInt64BE(4), 100_000n);
  const handle = await open('/resumed.filepart', Open.WRITE | Open.CREAT);
  await Promise.all(writes(send, handle, content, 100_000));
  t.is((await send(Type.CLOSE, handle)).status, Status.OK);
  t.is((await send(Type.RENAME, str('/resumed.filepart'), str('/resumed'))).status, Status.FAILURE);
  t.is((await send(Type.REMOVE, str('/resumed'))).status, Status.OK);
  t.is((await send(Type.RENAME, str('/resumed.filepart'), str('/resumed'))).status, Status.OK);
  t.deepEqual(await readFile(join(home, 'resumed')), content);
  return undefined;
});

check('learns by OPEN with EXCL that a file is there, and sends SETSTAT behind CLOSE without waiting', async (t) => {
  const { home } = await stage();
  await writeFile(join(home, 'small'), 'a longer old content');
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  const exclusive = u32(Open.WRITE | Open.CREAT | Open.EXCL);
  t.is((await send(Type.OPEN, str('/small'), exclusive, u32(0))).status, Status.FAILURE);
  t.is((await send(Type.LSTAT, str('/small'))).type, Type.ATTRS);
  const handle = await open('/small', Open.WRITE | Open.CREAT | Open.TRUNC);
  const replies = [
    send(Type.WRITE, handle, u64(0), str('new')),
    send(Type.CLOSE, handle),
    send(Type.SETSTAT, str('/small'), Buffer.concat([u32(0x8), u32(1_111_111_111), u32(1_111_111_111)])),
  ];
  t.deepEqual(
    (await Promise.all(replies)).map(({ status }) => status),
    [Status.OK, Status.OK, Status.OK],
  );
  t.is(await readFile(join(home, 'small'), 'utf8'), 'new');
  t.is((await stat(join(home, 'small'))).mtimeMs, 1_111_111_111_000);
  return undefined;
});

check('downloads with FSTAT and READs under way past the end', async (t) => {
  const { home } = await stage();
  await writeFile(join(home, 'down'), content);
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  const handle = await open('/down', Open.READ);
  t.is((await send(Type.FSTAT, handle)).body.readBigUInt64BE(4), BigInt(content.length));
  const reads = Array.from({ length: 8 }, (_, index) => send(Type.READ, handle, u64(index * 32_768), u32(32_768)));
  const replies = await Promise.all(reads);
  const data = replies.filter(({ type }) => type === Type.DATA).map(({ body }) => body.subarray(4));
  t.deepEqual(Buffer.concat(data), content);
  t.is(replies.at(-1)?.status, Status.EOF);
  return undefined;
});

check('names the link before its target in SYMLINK, as the server is not OpenSSH', async (t) => {
  const { home } = await stage();
  await writeFile(join(home, 'aim'), '');
  const { send } = await replay(t, await stage(), { ident: IDENT });
  t.is((await send(Type.SYMLINK, str('/winscp link'), str('aim'))).status, Status.OK);
  t.is(await readlink(join(home, 'winscp link')), 'aim');
  // For a link in a listing it asks where that points, and what is there.
  t.is(firstName(await send(Type.READLINK, str('/winscp link'))), 'aim');
  t.is((await send(Type.STAT, str('/winscp link'))).type, Type.ATTRS);
  // Hard links take the other order, which is the extension's.
  t.is((await send(Type.EXTENDED, str('hardlink@openssh.com'), str('/aim'), str('/hard'))).status, Status.OK);
  t.true((await readdir(home)).includes('hard'));
  return undefined;
});

check('asks for room by statvfs', async (t) => {
  const { send } = await replay(t, await stage(), { ident: IDENT });
  const { body } = await send(Type.EXTENDED, str('statvfs@openssh.com'), str('/'));
  t.is(body.length, 11 * 8);
  t.true(body.readBigUInt64BE(16) > 0n);
  return undefined;
});

check('in SCP mode, which needs a system shell, is told at once to use SFTP', async (t) => {
  const { connection } = await replay(t, await stage(), { ident: IDENT });
  const shell = await new Promise<ClientChannel>((resolve, reject) =>
    connection.shell(false, (error, channel) => (error === undefined ? resolve(channel) : reject(error))),
  );
  const ended = onceEvent(shell, 'exit');
  let said = '';
  shell.stderr.on('data', (data: Buffer) => {
    said += data.toString('utf8');
  });
  const closed = onceEvent(shell, 'close');
  shell.resume();
  shell.write('echo "WinSCP: this is begin-of-file"\n');
  const [status] = await ended;
  await closed;
  t.is(status, 127);
  t.regex(said, /choose SFTP as the file protocol/);
  return undefined;
});

/** Sends `bytes` from `from` on in packets of 32 KiB, all at once. */
function writes(
  send: (type: number, ...fields: readonly Buffer[]) => Promise<Reply>,
  handle: Buffer,
  bytes: Buffer,
  from: number,
): Array<Promise<Reply>> {
  const replies: Array<Promise<Reply>> = [];
  for (let at = from; at < bytes.length; at += 32_768) {
    replies.push(send(Type.WRITE, handle, u64(at), str(bytes.subarray(at, at + 32_768))));
  }
  return replies;
}
