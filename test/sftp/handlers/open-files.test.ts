import test from 'ava';
import { OPEN_FLAG } from '../../../src/sftp/codec/constants.ts';
import { NO_ATTRIBUTES, str, u32, u64 } from '../bytes-of.ts';
import { connect, describe, type Reply } from '../raw-client.ts';
import { SMALL_FILES_OWNER } from '../small-files.ts';

test.beforeEach((t) => t.timeout(20_000));

const { read: R, write: W, append: A, create: C, truncate: T, exclusive: X } = OPEN_FLAG;
const content = (reply: Reply): string => (reply.type === 103 ? reply.body.subarray(4).toString() : describe(reply));
const INVALID = 'FAILURE: Invalid handle';

for (const [what, flags, there, missing] of [
  ['READ', R, 'old', 'NO_SUCH_FILE: No such file or directory'],
  ['WRITE', W, 'old', 'NO_SUCH_FILE: No such file or directory'],
  ['WRITE CREAT', W | C, 'old', ''],
  ['WRITE CREAT TRUNC', W | C | T, '', ''],
  ['WRITE TRUNC', W | T, '', 'NO_SUCH_FILE: No such file or directory'],
  ['WRITE CREAT EXCL', W | C | X, 'FAILURE: File exists', ''],
  ['WRITE CREAT APPEND', W | C | A, 'old', ''],
  ['READ CREAT', R | C, 'old', ''],
  ['nothing', 0, 'old', 'NO_SUCH_FILE: No such file or directory'],
] as const) {
  test(`open: ${what} of a file that is there, and of one that is not`, async (t) => {
    const client = await connect(t);
    client.files.put('/there', 'old');
    const contentAfter = async (path: string): Promise<string> => {
      const reply = await client.ask(3, str(path), u32(flags), NO_ATTRIBUTES);
      return reply.type === 102 ? client.files.text(path) : describe(reply);
    };
    t.is(await contentAfter('/there'), there);
    t.is(await contentAfter('/missing'), missing);
  });
}

test('open: a new file gets nine bits of the permissions asked for, or 0666', async (t) => {
  const client = await connect(t);
  await client.ask(3, str('a'), u32(W | C), u32(4), u32(0xffffffff));
  await client.ask(3, str('b'), u32(W | C), NO_ATTRIBUTES);
  t.is(client.files.nodes.get('/a')?.mode, 0o777);
  t.is(client.files.nodes.get('/b')?.mode, 0o666);
});

test('open: a session may have only so many files and folders open', async (t) => {
  const client = await connect(t, { limits: { handles: 3 } });
  const handle = await client.open('/f', W | C);
  await client.openFolder('/');
  await client.open('/f', R);
  t.regex(describe(await client.ask(3, str('/f'), u32(R), NO_ATTRIBUTES)), /^FAILURE: Too many open files/);
  t.regex(describe(await client.ask(11, str('/'))), /^FAILURE: Too many open files/);
  await client.ask(4, handle);
  await client.openFolder('/');
  t.is(client.files.openCount(), 3);
});

test('close: a handle is closed once', async (t) => {
  const client = await connect(t);
  const handle = await client.open('/f', W | C);
  t.is(describe(await client.ask(4, handle)), 'OK');
  t.is(describe(await client.ask(4, handle)), INVALID);
  t.is(client.files.openCount(), 0);
});

test('close: an error that closing brings to light is its answer', async (t) => {
  const client = await connect(t);
  const handle = await client.open('/f', W | C);
  client.files.before = (verb) => (verb === 'close' ? Promise.reject(new Error('late')) : Promise.resolve());
  t.is(describe(await client.ask(4, handle)), 'FAILURE: Internal error (e1)');
});

test('handles: a request on one that is forged or of the other kind is refused, and the session goes on', async (t) => {
  const client = await connect(t);
  const file = await client.open('/f', W | C);
  const folder = await client.openFolder('/');
  for (const [type, ...rest] of [[5, u64(0), u32(1)], [6, u64(0), str('x')], [8], [10, NO_ATTRIBUTES]] as const) {
    t.is(describe(await client.ask(type, folder, ...rest)), INVALID);
    t.is(describe(await client.ask(type, str('\0\0\0\0'), ...rest)), INVALID);
  }
  t.is(describe(await client.ask(12, file)), INVALID);
  for (const name of ['fsync@openssh.com', 'fstatvfs@openssh.com']) {
    t.is(describe(await client.extended(name, folder)), INVALID);
  }
  t.is(describe(await client.ask(4, file)), 'OK');
});

test('read: content, the end of the file, and nothing for a length of 0', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abcdef');
  const handle = await client.open('/f', R);
  const read = async (offset: number | bigint, length: number): Promise<string> =>
    content(await client.ask(5, handle, u64(offset), u32(length)));
  t.is(await read(0, 6), 'abcdef');
  t.is(await read(4, 100), 'ef');
  t.is(await read(6, 1), 'EOF: End of file');
  t.is(await read(1e15, 1), 'EOF: End of file');
  t.is(await read(6, 0), '');
});

test('read: at most 255 KiB come at once, whatever is asked for', async (t) => {
  const client = await connect(t);
  client.files.put('/f', Buffer.alloc(300 * 1024, 'x'));
  const handle = await client.open('/f', R);
  for (const length of [261121, 0x7fffffff, 0x80000000, 0xffffffff]) {
    t.is(content(await client.ask(5, handle, u64(0), u32(length))).length, 261120);
  }
});

test('read, write, setstat: offsets and sizes that are no exact numbers are refused, and nothing is changed', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  const handle = await client.open('/f', R | W);
  for (const wide of [2n ** 53n, 2n ** 53n + 2n, 2n ** 63n, 2n ** 64n - 1n]) {
    const refused = 'FAILURE: File too large';
    t.is(content(await client.ask(5, handle, u64(wide), u32(1))), refused);
    t.is(describe(await client.ask(6, handle, u64(wide), str('x'))), refused);
    t.is(describe(await client.ask(10, handle, u32(1), u64(wide))), refused);
    t.is(describe(await client.ask(9, str('/f'), u32(1), u64(wide))), refused);
  }
  t.is(client.files.text('/f'), 'abc');
});

test('write: at its offset, and at the end with APPEND', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abcdef');
  const there = await client.open('/f', W);
  await client.ask(6, there, u64(2), str('XY'));
  t.is(client.files.text('/f'), 'abXYef');
  const atEnd = await client.open('/f', W | A);
  await client.ask(6, atEnd, u64(0), str('1'));
  await client.ask(6, atEnd, u64(0), str('2'));
  t.is(client.files.text('/f'), 'abXYef12');
  t.is(describe(await client.ask(6, there, u64(0), str(''))), 'OK');
});

test('read, write: only what OPEN asked for', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  const reader = await client.open('/f', R);
  const writer = await client.open('/f', W);
  const creator = await client.open('/f', R | C);
  const denied = /^PERMISSION_DENIED: /;
  t.regex(describe(await client.ask(5, writer, u64(0), u32(1))), denied);
  t.regex(describe(await client.ask(6, reader, u64(0), str('x'))), denied);
  t.regex(describe(await client.ask(6, creator, u64(0), str('x'))), denied);
  t.regex(describe(await client.ask(10, reader, u32(1), u64(0))), denied);
  t.is(client.files.text('/f'), 'abc');
});

test('fstat: what is known of an open file, renamed or not', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  const handle = await client.open('/f', R);
  await client.ask(18, str('/f'), str('/g'));
  const { type, body } = await client.ask(8, handle);
  t.is(type, 105);
  t.is(body.subarray(4, 12).toString('hex'), '0000000000000003');
});

test('fsetstat: size 0 counts', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  const handle = await client.open('/f', W);
  t.is(describe(await client.ask(10, handle, u32(1), u64(0))), 'OK');
  t.is(client.files.text('/f'), '');
});

test('fsetstat: all that can be set is set, in order, and the first that can not is the answer', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  const handle = await client.open('/f', W);
  const sent = [u32(15), u64(2), u32(0), u32(0), u32(0o106600), u32(5), u32(6)];
  t.is(describe(await client.ask(10, handle, ...sent)), 'PERMISSION_DENIED: Permission denied');
  t.like(client.files.nodes.get('/f'), { content: Buffer.from('ab'), mode: 0o600, accessedMs: 5000, modifiedMs: 6000 });
});

test('fsetstat: the owner a file has already may be set, and 2^32 - 1 stands for it', async (t) => {
  const client = await connect(t);
  client.files.put('/f');
  const handle = await client.open('/f', W);
  const chown = async (uid: number, gid: number): Promise<string> =>
    describe(await client.ask(10, handle, u32(2), u32(uid), u32(gid)));
  t.is(await chown(SMALL_FILES_OWNER, SMALL_FILES_OWNER), 'OK');
  t.is(await chown(0xffffffff, SMALL_FILES_OWNER), 'OK');
  t.is(await chown(0xffffffff, 0xffffffff), 'OK');
  t.is(await chown(0, SMALL_FILES_OWNER), 'PERMISSION_DENIED: Permission denied');
});

test('fsync and fstatvfs: of an open file', async (t) => {
  const client = await connect(t);
  const handle = await client.open('/f', W | C);
  t.is(describe(await client.extended('fsync@openssh.com', handle)), 'OK');
  t.true(client.files.did.includes('sync /f'));
  const space = await client.extended('fstatvfs@openssh.com', handle);
  t.is(space.type, 201);
  t.is(space.body.length, 88);
});
