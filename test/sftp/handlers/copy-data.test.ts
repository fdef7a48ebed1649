import test from 'ava';
import { OPEN_FLAG } from '../../../src/sftp/codec/constants.ts';
import { packet, str, u8, u32, u64 } from '../bytes-of.ts';
import { connect, describe, type RawClient } from '../raw-client.ts';

test.beforeEach((t) => t.timeout(20_000));

const { read: R, write: W, create: C, append: A } = OPEN_FLAG;

interface Range {
  readonly from?: number | bigint;
  readonly length?: number | bigint;
  readonly to?: number | bigint;
}

async function copy(client: RawClient, source: Buffer, target: Buffer, { from = 0, length = 0, to = 0 }: Range = {}) {
  return describe(await client.extended('copy-data', source, u64(from), u64(length), target, u64(to)));
}

test('copy-data: a range, and all up to the end', async (t) => {
  const client = await connect(t);
  client.files.put('/a', 'abcdef');
  const source = await client.open('/a', R);
  const target = await client.open('/b', W | C);
  t.is(await copy(client, source, target), 'OK');
  t.is(client.files.text('/b'), 'abcdef');
  t.is(await copy(client, source, target, { from: 1, length: 2, to: 4 }), 'OK');
  t.is(client.files.text('/b'), 'abcdbc');
  t.is(await copy(client, source, target, { from: 4, to: 6 }), 'OK');
  t.is(client.files.text('/b'), 'abcdbcef');
  t.is(await copy(client, source, target, { from: 6 }), 'OK');
  t.is(await copy(client, source, target, { from: 1000 }), 'OK');
  t.is(client.files.text('/b'), 'abcdbcef');
});

test('copy-data: more than one piece at a time', async (t) => {
  const client = await connect(t);
  const content = Buffer.alloc(600_000, 'abcdefg');
  client.files.put('/a', content);
  t.is(await copy(client, await client.open('/a', R), await client.open('/b', W | C)), 'OK');
  t.deepEqual(client.files.nodes.get('/b')?.content, content);
  t.is(client.files.did.filter((did) => did === 'write /b').length, 3);
});

test('copy-data: a source that ends before the length is EOF, and what there was is copied', async (t) => {
  const client = await connect(t);
  client.files.put('/a', 'abc');
  const target = await client.open('/b', W | C);
  t.regex(await copy(client, await client.open('/a', R), target, { length: 4 }), /^EOF: /);
  t.is(client.files.text('/b'), 'abc');
});

test('copy-data: a file is not copied onto itself, through one handle or two', async (t) => {
  const client = await connect(t);
  client.files.put('/a', 'abc');
  const both = await client.open('/a', R | W);
  const other = await client.open('/a', W);
  t.is(await copy(client, both, both), 'FAILURE: A file is not copied onto itself');
  t.is(await copy(client, both, other, { to: 3 }), 'FAILURE: A file is not copied onto itself');
  t.is(client.files.text('/a'), 'abc');
});

test('copy-data: two names of one file do not copy for ever', async (t) => {
  const client = await connect(t);
  client.files.put('/a', 'abc');
  await client.extended('hardlink@openssh.com', str('/a'), str('/b'));
  const [source, target] = [await client.open('/a', R), await client.open('/b', W | A)];
  t.is(await copy(client, source, target), 'OK');
  t.is(client.files.text('/a'), 'abcabc');
});

test('copy-data: handles must be open files, for reading and for writing; numbers must be exact', async (t) => {
  const client = await connect(t);
  client.files.put('/a', 'abc');
  client.files.put('/b', 'xyz');
  const [reader, writer, folder] = [
    await client.open('/a', R),
    await client.open('/b', W),
    await client.openFolder('/'),
  ];
  t.is(await copy(client, reader, folder), 'FAILURE: Invalid handle');
  t.is(await copy(client, str('nonsense'), writer), 'FAILURE: Invalid handle');
  t.regex(await copy(client, writer, reader), /^PERMISSION_DENIED: /);
  t.regex(await copy(client, reader, await client.open('/b', R)), /^PERMISSION_DENIED: /);
  for (const wide of [2n ** 53n, 2n ** 64n - 1n]) {
    t.is(await copy(client, reader, writer, { from: wide }), 'FAILURE: File too large');
    t.is(await copy(client, reader, writer, { length: wide }), 'FAILURE: File too large');
    t.is(await copy(client, reader, writer, { to: wide }), 'FAILURE: File too large');
  }
  t.is(client.files.text('/b'), 'xyz');
});

test('copy-data: stops between two pieces when the client is gone', async (t) => {
  const client = await connect(t);
  client.files.put('/a', Buffer.alloc(900_000));
  const [source, target] = [await client.open('/a', R), await client.open('/b', W | C)];
  client.files.before = async (verb) => {
    if (verb === 'write') client.abort();
  };
  client.send(packet(u8(200), u32(1), str('copy-data'), source, u64(0), u64(0), target, u64(0)));
  await client.served;
  t.is(client.files.did.filter((did) => did === 'write /b').length, 1);
  t.is(client.files.openCount(), 0);
});
