// Every request of SFTP, each extension too, cut off after every byte of its body, over the wire. The codec has its own
// tests; here it counts that the server answers each, and goes on.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { REQUEST } from '../../src/sftp/codec/constants.ts';
import { EXTENSIONS } from '../../src/sftp/codec/extensions.ts';
import { login } from '../helpers/ssh-client.ts';
import { str, u32, u64 } from '../sftp/bytes-of.ts';
import { sftpPeer, statusOf } from './sftp-peer.ts';
import { startVictim, survives } from './victim.ts';

const ATTRIBUTES = Buffer.concat([u32(1 | 4 | 8), u64(3), u32(0o600), u32(1), u32(2)]);
const HANDLE = str('no handle at all');
const EXTENDED = 200;

const BODIES = new Map<number, Buffer>([
  [3, Buffer.concat([str('new'), u32(2 | 8), ATTRIBUTES])],
  [4, HANDLE],
  [5, Buffer.concat([HANDLE, u64(0), u32(100)])],
  [6, Buffer.concat([HANDLE, u64(0), str('data')])],
  [7, str('file')],
  [8, HANDLE],
  [9, Buffer.concat([str('file'), ATTRIBUTES])],
  [10, Buffer.concat([HANDLE, ATTRIBUTES])],
  [11, str('/')],
  [12, HANDLE],
  [13, str('gone')],
  [14, Buffer.concat([str('folder'), ATTRIBUTES])],
  [15, str('folder')],
  [16, str('.')],
  [17, str('file')],
  [18, Buffer.concat([str('file'), str('file')])],
  [19, str('file')],
  [20, Buffer.concat([str('target'), str('link')])],
]);

/** Fields that do for any extension: a name or handle, another, and numbers. */
const FIELDS = Buffer.concat([str('file'), str('sha256'), u64(0), u64(0), u64(0), u32(0)]);

test.serial('truncations: every request cut off at every byte is answered once, and the session goes on', async (t) => {
  // Would go wrong: a field that is missing is undefined, and the error of that is caught by nobody.
  t.deepEqual(
    [...BODIES.keys(), EXTENDED].toSorted((a, b) => a - b),
    Object.values(REQUEST)
      .filter((type) => type !== REQUEST.init)
      .toSorted((a, b) => a - b),
  );
  const victim = await startVictim(t);
  await writeFile(join(await victim.homeOf('mallory'), 'file'), 'abc');
  const peer = await sftpPeer(await login(t, victim, 'mallory'));
  const requests = [
    ...BODIES,
    ...EXTENSIONS.map(({ name }) => [EXTENDED, Buffer.concat([str(name), FIELDS])] as const),
  ];
  let sent = 0;
  for (const [type, body] of requests) {
    for (let end = 0; end <= body.length; end += 1) {
      const { type: answer, body: content } = await peer.ask(type, body.subarray(0, end));
      sent += 1;
      // What was opened is closed, so that there is room for more.
      if (answer === 102) t.is(statusOf(await peer.ask(4, content)), 0);
      if (answer === 102) sent += 1;
    }
  }
  t.is(peer.replies.length, sent);
  t.is(new Set(peer.replies.map(({ id }) => id)).size, sent);
  await survives(t, victim, 60);
});
