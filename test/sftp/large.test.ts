// What is larger than usual: folders, files, and the distance of a date from today.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, open, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Files } from '../../src/model/files.ts';
import { OPEN_FLAG } from '../../src/sftp/codec/constants.ts';
import { packet, str, u8, u32, u64 } from './bytes-of.ts';
import { openDiskFiles } from './disk-files.ts';
import { connectTo, type DiskClient, describe, type Reply } from './raw-client.ts';

test.beforeEach((t) => t.timeout(60_000));

const { read: R, write: W, create: C } = OPEN_FLAG;
const ENTRIES = 20_000;
/** FileZilla asks for so many replies ahead. */
const AHEAD = 4;
/** What is read of a folder at once, in handlers/directories.ts. */
const BATCH = 256;

interface Listed {
  readonly name: string;
  readonly longname: string;
  /** Seconds, as they are on the wire. */
  readonly modified: number;
}

function listed({ body }: Reply): Listed[] {
  let at = 4;
  const text = (): string => {
    const start = at + 4;
    at = start + body.readUInt32BE(at);
    return body.toString('latin1', start, at);
  };
  return Array.from({ length: body.readUInt32BE(0) }, () => {
    const [name, longname] = [text(), text()];
    at += 32;
    return { name, longname, modified: body.readUInt32BE(at - 4) };
  });
}

/** `files`, whose folders tell how many entries they have handed out. */
function counting(files: Files, handedOut: (count: number) => void): Files {
  return {
    ...files,
    async list(path) {
      const directory = await files.list(path);
      return {
        path,
        stat: () => directory.stat(),
        close: () => directory.close(),
        async read(limit) {
          const entries = await directory.read(limit);
          handedOut(entries.length);
          return entries;
        },
      };
    },
  };
}

// The same holds for a million, with the same numbers: only the time it takes depends on how many there are.
test('large: a folder is read no further ahead than its replies are asked for, however many entries it has', async (t) => {
  const { files, home } = await openDiskFiles(t);
  const folder = join(home, 'many');
  await mkdir(folder);
  const names = Array.from({ length: ENTRIES }, (_, index) => `entry-${index}`);
  // One after the other without waiting is much faster here than asking for all at once.
  for (const name of names) writeFileSync(join(folder, name), '');
  let handedOut = 0;
  let mostAhead = 0;
  const got: string[] = [];
  const client = await connectTo(
    t,
    counting(files, (count) => {
      handedOut += count;
      mostAhead = Math.max(mostAhead, handedOut - got.length);
    }),
  );
  const handle = await client.openFolder('/many');
  let id = 1000;
  const ask = (): void => client.send(packet(u8(12), u32(++id), handle));
  for (let asked = 0; asked < AHEAD; asked += 1) ask();
  for (let ended = 0; ended < AHEAD; ) {
    const reply = await client.next();
    if (reply.type !== 104) {
      t.is(describe(reply), 'EOF: End of file');
      ended += 1;
      continue;
    }
    t.true(reply.body.length < 34_000 - 9, `a reply of ${reply.body.length} bytes`);
    got.push(...listed(reply).map(({ name }) => name));
    ask();
  }
  t.deepEqual(got.toSorted(), ['.', '..', ...names].toSorted());
  t.true(mostAhead <= (AHEAD + 1) * BATCH, `${mostAhead} entries ahead`);
});

test('large: a client that reads nothing of a folder makes the server read no more than its window holds', async (t) => {
  const { files, home } = await openDiskFiles(t);
  await Promise.all(Array.from({ length: 8000 }, (_, index) => writeFile(join(home, `entry-${index}`), '')));
  let handedOut = 0;
  const client = await connectTo(
    t,
    counting(files, (count) => {
      handedOut += count;
    }),
    // On a disk that is prompt, what was taken is done before anybody can stop it: so little is taken.
    { limits: { requests: 4 } },
  );
  const handle = await client.openFolder('/');
  // One reply fills what the stream between them holds, and is followed by those that were taken before it was full.
  for (let id = 0; id < 60; id += 1) client.send(packet(u8(12), u32(1000 + id), handle));
  const first = await client.next();
  t.is(first.type, 104);
  t.true(handedOut <= 12 * BATCH, `${handedOut} entries read`);
});

async function readAt(client: DiskClient, handle: Buffer, offset: number, length: number): Promise<string> {
  const reply = await client.ask(5, handle, u64(offset), u32(length));
  return reply.type === 103 ? reply.body.toString('latin1', 4) : describe(reply);
}

for (const [title, offset] of [
  ['2^31 - 1', 2 ** 31 - 1],
  ['2^32 - 1', 2 ** 32 - 1],
  ['2^32', 2 ** 32],
  ['2^32 + 2^31', 2 ** 32 + 2 ** 31],
  ['5,000,000,000,000', 5_000_000_000_000],
] as const) {
  test(`large: a sparse file is written and read around ${title}`, async (t) => {
    const { files, home } = await openDiskFiles(t);
    const client = await connectTo(t, files);
    const handle = await client.open('/sparse', R | W | C);
    t.is(describe(await client.ask(6, handle, u64(offset - 2), str('abcd'))), 'OK');
    t.is(describe(await client.ask(6, handle, u64(offset), str('CD'))), 'OK');
    const { size, blocks } = await stat(join(home, 'sparse'));
    t.is(size, offset + 2);
    t.true(blocks < 1000, `${blocks} blocks on the disk`);
    t.is(await readAt(client, handle, offset - 4, 100), '\0\0abCD');
    t.is(await readAt(client, handle, 0, 4), '\0\0\0\0');
    t.is(await readAt(client, handle, offset + 2, 1), 'EOF: End of file');
    const attributes = (await client.ask(8, handle)).body;
    t.is(attributes.readBigUInt64BE(4), BigInt(offset + 2));
    const [entry] = listed(await client.ask(12, await client.openFolder('/'))).filter(({ name }) => name === 'sparse');
    t.true(entry?.longname.includes(` ${offset + 2} `), entry?.longname);
    const digest = await client.extended('check-file-handle', handle, str('sha256'), u64(offset - 2), u64(0), u32(0));
    t.deepEqual(digest.body.subarray(10), createHash('sha256').update('abCD').digest());
    t.is(describe(await client.ask(10, handle, u32(1), u64(offset - 1))), 'OK');
    t.is(await readAt(client, handle, offset - 2, 100), 'a');
  });
}

test('large: copy-data copies from and to places past 4 GiB', async (t) => {
  const { files, home } = await openDiskFiles(t);
  const from = await open(join(home, 'from'), 'w');
  await from.write('tail', 2 ** 33);
  await from.close();
  const client = await connectTo(t, files);
  const [source, target] = [await client.open('/from', R), await client.open('/to', R | W | C)];
  const reply = await client.extended('copy-data', source, u64(2 ** 33), u64(0), target, u64(2 ** 34));
  t.is(describe(reply), 'OK');
  t.is(await readAt(client, target, 2 ** 34 - 1, 10), '\0tail');
});

test('large: dates before 1970 and after 2038 and 2106 stand in a listing, each as near as it fits', async (t) => {
  const { files, home } = await openDiskFiles(t);
  const dates = { 'in 1901': -(2 ** 31), 'in 1969': -1, 'in 2038': 2 ** 31 + 1e7, 'in 2106': 2 ** 32 + 1e7 };
  for (const [name, seconds] of Object.entries(dates)) {
    await writeFile(join(home, name), '');
    // As Date: a number below zero is "now" to Node.
    const date = new Date(seconds * 1000);
    await utimes(join(home, name), date, date);
  }
  const shownBy = async (software: string): Promise<unknown> => {
    const client = await connectTo(t, files, { client: software });
    const names = listed(await client.ask(12, await client.openFolder('/'))).filter(
      ({ name }) => !name.startsWith('.'),
    );
    return Object.fromEntries(
      names.map(({ name, longname, modified }) => [name, [/ {2}(\d{4}) /.exec(longname)?.[1], modified]]),
    );
  };
  t.deepEqual(await shownBy('OpenSSH_9.2p1'), {
    'in 1901': ['1901', 0],
    'in 1969': ['1969', 0],
    'in 2038': ['2038', 2 ** 31 + 1e7],
    'in 2106': ['2106', 0xffffffff],
  });
  t.deepEqual(await shownBy('WinSCP_release_6.3.5'), {
    'in 1901': ['1901', 0x80000000],
    'in 1969': ['1969', 0xffffffff],
    'in 2038': ['2038', 0x7fffffff],
    'in 2106': ['2106', 0x7fffffff],
  });
});
