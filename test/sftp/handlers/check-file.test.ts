import { createHash } from 'node:crypto';
import test from 'ava';
import { OPEN_FLAG } from '../../../src/sftp/codec/constants.ts';
import { packet, str, u8, u32, u64 } from '../bytes-of.ts';
import { connect, describe, type RawClient, type Reply } from '../raw-client.ts';

test.beforeEach((t) => t.timeout(20_000));

const { read: R, write: W } = OPEN_FLAG;

interface Asked {
  readonly algorithms?: string;
  readonly from?: number | bigint;
  readonly length?: number | bigint;
  readonly block?: number;
}

function range({ algorithms = 'sha256', from = 0, length = 0, block = 0 }: Asked): Buffer[] {
  return [str(algorithms), u64(from), u64(length), u32(block)];
}

const byName = (client: RawClient, path: string, asked: Asked = {}): Promise<Reply> =>
  client.extended('check-file-name', str(path), ...range(asked));

/** What an EXTENDED_REPLY of the draft says: the algorithm, then the digests. */
function digestsIn(reply: Reply): { readonly algorithm: string; readonly digests: string } | string {
  if (reply.type !== 201) return describe(reply);
  const end = 4 + reply.body.readUInt32BE(0);
  return { algorithm: reply.body.subarray(4, end).toString(), digests: reply.body.subarray(end).toString('hex') };
}

function digests(algorithm: string, ...blocks: readonly (string | Buffer)[]): unknown {
  return {
    algorithm,
    digests: blocks.map((block) => createHash(algorithm).update(block).digest('hex')).join(''),
  };
}

for (const algorithm of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
  test(`check-file: the ${algorithm} of a whole file, by name and by handle`, async (t) => {
    const client = await connect(t);
    client.files.put('/f', 'abc');
    const expected = digests(algorithm, 'abc');
    t.deepEqual(digestsIn(await byName(client, '/f', { algorithms: algorithm })), expected);
    const reply = await client.extended(
      'check-file-handle',
      await client.open('/f', R),
      ...range({ algorithms: algorithm }),
    );
    t.deepEqual(digestsIn(reply), expected);
  });
}

test('check-file: the first algorithm of the list that is served, whatever stands before it', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  t.deepEqual(digestsIn(await byName(client, '/f', { algorithms: 'crc32,x,sha1,md5' })), digests('sha1', 'abc'));
  for (const algorithms of ['crc32', '', ',', 'SHA256', 'shake256', 'sha256 ']) {
    t.is(
      digestsIn(await byName(client, '/f', { algorithms })),
      'FAILURE: None of these hash algorithms is served',
      algorithms,
    );
  }
});

test('check-file: a range, up to the end of the file at most', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abcdef');
  for (const [asked, content] of [
    [{ from: 1, length: 3 }, 'bcd'],
    [{ from: 2 }, 'cdef'],
    [{ from: 4, length: 100 }, 'ef'],
    [{ from: 6 }, ''],
  ] as const) {
    t.deepEqual(digestsIn(await byName(client, '/f', asked)), digests('sha256', content));
  }
  t.is(digestsIn(await byName(client, '/f', { from: 7 })), 'EOF: The range begins after the end of the file');
});

test('check-file: one digest for each block, the last one shorter; none for an empty range', async (t) => {
  const client = await connect(t);
  const content = Buffer.from(Array.from({ length: 150_000 }, (_, index) => index % 251));
  client.files.put('/f', content);
  for (const block of [256, 1000, 65_535, 65_536, 65_537, 150_000, 0xffffffff]) {
    const blocks: Buffer[] = [];
    for (let at = 10; at < content.length; at += block) blocks.push(content.subarray(at, at + block));
    t.deepEqual(digestsIn(await byName(client, '/f', { from: 10, block })), digests('sha256', ...blocks), `${block}`);
  }
  t.deepEqual(digestsIn(await byName(client, '/f', { from: content.length, block: 256 })), digests('sha256'));
});

test('check-file: blocks under 256 bytes, or too many for a reply, are refused', async (t) => {
  const client = await connect(t);
  client.files.put('/f', Buffer.alloc(999_999));
  for (const block of [1, 255]) {
    t.regex(describe(await byName(client, '/f', { block })), /^BAD_MESSAGE: .*at least 256/);
  }
  t.is((await byName(client, '/f', { block: 256 })).body.length, 4 + 6 + 32 * 3907);
  // 999,936 bytes are 3,906 blocks of 256; one reply has room for 4,080 digests of 64 bytes.
  t.is((await byName(client, '/f', { algorithms: 'sha512', block: 256 })).type, 201);
  Object.assign(client.files.nodes.get('/f') ?? {}, { content: Buffer.alloc(4081 * 256) });
  t.regex(
    describe(await byName(client, '/f', { algorithms: 'sha512', block: 256 })),
    /^FAILURE: .*at most 4080 blocks/,
  );
});

test('check-file: numbers must be exact', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  for (const wide of [2n ** 53n, 2n ** 64n - 1n]) {
    t.is(describe(await byName(client, '/f', { from: wide })), 'FAILURE: File too large');
    t.is(describe(await byName(client, '/f', { length: wide })), 'FAILURE: File too large');
  }
});

test('check-file: only what may be read', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  t.regex(describe(await byName(client, '/none')), /^NO_SUCH_FILE: /);
  t.regex(describe(await byName(client, '/')), /^FAILURE: Is a directory/);
  const asked = range({});
  const writer = await client.open('/f', W);
  t.regex(describe(await client.extended('check-file-handle', writer, ...asked)), /^PERMISSION_DENIED: /);
  const folder = await client.openFolder('/');
  for (const handle of [folder, str('nonsense')]) {
    t.is(describe(await client.extended('check-file-handle', handle, ...asked)), 'FAILURE: Invalid handle');
  }
});

test('check-file: by name, the file is closed again, whatever comes of it', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  await byName(client, '/f');
  await byName(client, '/f', { algorithms: 'none' });
  client.files.before = async (verb) => {
    if (verb === 'read') throw new Error('disk');
  };
  t.is(describe(await byName(client, '/f')), 'FAILURE: Internal error (e1)');
  t.is(client.files.openCount(), 0);
});

// paramiko 2 and 3, SFTPFile.check(): the request has the name that the draft advertises, and of the reply two strings
// are read before the digests.
test('check-file: the request of paramiko is answered as paramiko reads it', async (t) => {
  const client = await connect(t, { client: 'paramiko_3.4.0' });
  client.files.put('/f', 'abc');
  const { body } = await client.extended('check-file', await client.open('/f', R), ...range({ algorithms: 'md5' }));
  t.deepEqual(
    body,
    Buffer.concat([str('check-file'), str('md5'), Buffer.from('900150983cd24fb0d6963f7d28e17f72', 'hex')]),
  );
});

/** Holds up reads of "/long"; `reading` settles when there is one. */
function heldRead(): { hold: RawClient['files']['before']; reading: Promise<void>; goOn: () => void } {
  let goOn = (): void => {};
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let begun = (): void => {};
  const reading = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const hold = async (verb: string, path: string): Promise<void> => {
    if (verb !== 'read' || path !== '/long') return;
    begun();
    await mayGoOn;
  };
  return { hold, reading, goOn };
}

test('check-file: a long one by name holds up nothing else of the session', async (t) => {
  const client = await connect(t);
  client.files.put('/long', Buffer.alloc(300_000));
  client.files.put('/f', 'abc');
  const { hold, reading, goOn } = heldRead();
  client.files.before = hold;
  client.send(packet(u8(200), u32(1), str('check-file-name'), str('/long'), ...range({})));
  await reading;
  client.send(packet(u8(13), u32(2), str('/f')));
  client.send(packet(u8(14), u32(3), str('/d'), u32(0)));
  t.deepEqual([(await client.next()).id, (await client.next()).id], [2, 3]);
  goOn();
  const last = await client.next();
  t.deepEqual([last.id, digestsIn(last)], [1, digests('sha256', Buffer.alloc(300_000))]);
});

test('check-file: a long file is read in pieces, each of which leaves others a turn', async (t) => {
  const client = await connect(t);
  client.files.put('/long', Buffer.alloc(900_000));
  client.files.did.length = 0;
  await byName(client, '/long');
  t.is(client.files.did.filter((did) => did === 'read /long').length, Math.ceil(900_000 / 65_536));
});

test('check-file: stops between two pieces when the client is gone', async (t) => {
  const client = await connect(t);
  client.files.put('/long', Buffer.alloc(900_000));
  client.files.before = async (verb) => {
    if (verb === 'read') client.abort();
  };
  client.send(packet(u8(200), u32(1), str('check-file-name'), str('/long'), ...range({})));
  await client.served;
  t.is(client.files.did.filter((did) => did === 'read /long').length, 1);
  t.is(client.files.openCount(), 0);
});

test('check-file: a file that is cut off meanwhile has the digests of what there was', async (t) => {
  const client = await connect(t);
  client.files.put('/f', Buffer.alloc(200_000));
  let reads = 0;
  client.files.before = async (verb) => {
    if (verb === 'read' && ++reads === 2)
      Object.assign(client.files.nodes.get('/f') ?? {}, { content: Buffer.alloc(9) });
  };
  t.deepEqual(digestsIn(await byName(client, '/f')), digests('sha256', Buffer.alloc(65_536)));
});
