// Cyberduck and Mountain Duck, which run on macOS and Windows: what they send is replayed, as the source has it (sshj's
// SFTPEngine, and the SFTP features of Cyberduck 9).

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../helpers/ssh-client.ts';
import { str, u32, u64 } from '../sftp/bytes-of.ts';
import { checksOf, once } from './client-tests.ts';
import type { Client, Lifetime } from './driver.ts';
import { firstName, Open, type Reply, replay, Status, Type } from './replay.ts';
import { type Stage, setStage } from './stage.ts';

const IDENT = 'Cyberduck_9.1.3.42945';

/** The first byte of a file's type in permissions: a folder's. */
const FOLDER_MODE = 0o040000;
const TYPE_MASK = 0o170000;

const client: Client = {
  name: 'Cyberduck (replayed)',
  programs: {},
  version: async () => 'requests as in the sources of Cyberduck 9 and sshj 0.40',
};

const check = checksOf(client);

const closers: Array<() => unknown> = [];
const lifetime: Lifetime = { teardown: (close) => closers.push(close), log: console.log };
test.after.always('Cyberduck: taken down', async () => {
  for (const close of closers.reverse()) await close();
});
const stage = once((): Promise<Stage> => setStage(lifetime));

const content = randomBytes(200_001);

check('asks for the methods first, then answers the question for the password', async (t) => {
  const { send } = await replay(t, await stage(), {
    ident: IDENT,
    authHandler: ['none', 'keyboard-interactive', 'password'],
    tryKeyboard: true,
  });
  t.is(firstName(await send(Type.REALPATH, str('.'))), '/');
  return undefined;
});

check('lists, and looks behind links by the path they say', async (t) => {
  const { home } = await stage();
  await mkdir(join(home, 'listed'));
  await writeFile(join(home, 'listed/file'), '');
  await symlink('/listed', join(home, 'absolute link'));
  const { send } = await replay(t, await stage(), { ident: IDENT });
  const { body: handle } = await send(Type.OPENDIR, str('/'));
  t.is((await send(Type.READDIR, handle)).type, Type.NAME);
  t.is((await send(Type.READDIR, handle)).status, Status.EOF);
  t.is((await send(Type.CLOSE, handle)).status, Status.OK);
  // An absolute link is followed by Cyberduck itself: it must lead to the same place as on the server.
  const says = firstName(await send(Type.READLINK, str('/absolute link')));
  t.is(says, '/listed');
  t.is(modeOf(await send(Type.STAT, str(says))) & TYPE_MASK, FOLDER_MODE);
  t.is(modeOf(await send(Type.STAT, str('/absolute link'))) & TYPE_MASK, FOLDER_MODE);
  return undefined;
});

check('makes empty files by OPEN with CREAT and TRUNC alone', async (t) => {
  const { home } = await stage();
  const { send } = await replay(t, await stage(), { ident: IDENT });
  const permissions = Buffer.concat([u32(0x4), u32(0o644)]);
  const { type, body: handle } = await send(Type.OPEN, str('/touched'), u32(Open.CREAT | Open.TRUNC), permissions);
  t.is(type, Type.HANDLE);
  t.is((await send(Type.CLOSE, handle)).status, Status.OK);
  t.is((await readFile(join(home, 'touched'))).length, 0);
  return undefined;
});

check('uploads with WRITEs under way, under another name that it renames', async (t) => {
  const { home } = await stage();
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  const handle = await open('/uploaded-part', Open.CREAT | Open.TRUNC | Open.WRITE);
  const replies: Array<Promise<Reply>> = [];
  for (let at = 0; at < content.length; at += 32_768) {
    replies.push(send(Type.WRITE, handle, u64(at), str(content.subarray(at, at + 32_768))));
  }
  t.true((await Promise.all(replies)).every(({ status }) => status === Status.OK));
  t.is((await send(Type.CLOSE, handle)).status, Status.OK);
  const permissions = Buffer.concat([u32(0x4), u32(0o600)]);
  t.is((await send(Type.SETSTAT, str('/uploaded-part'), permissions)).status, Status.OK);
  t.is((await send(Type.RENAME, str('/uploaded-part'), str('/uploaded'))).status, Status.OK);
  t.deepEqual(await readFile(join(home, 'uploaded')), content);
  return undefined;
});

check('overwrites by TRUNC without CREAT, and resumes by offset without APPEND', async (t) => {
  const { home } = await stage();
  await writeFile(join(home, 'there'), 'something longer than before');
  const { send, open } = await replay(t, await stage(), { ident: IDENT });
  const first = await open('/there', Open.TRUNC | Open.WRITE);
  t.is((await send(Type.WRITE, first, u64(0), str('first '))).status, Status.OK);
  t.is((await send(Type.CLOSE, first)).status, Status.OK);
  const second = await open('/there', Open.WRITE);
  t.is((await send(Type.WRITE, second, u64(6), str('second'))).status, Status.OK);
  t.is((await send(Type.CLOSE, second)).status, Status.OK);
  t.is(await readFile(join(home, 'there'), 'utf8'), 'first second');
  return undefined;
});

check('names the target before the link in SYMLINK, to every server', async (t) => {
  const { home } = await stage();
  const { send } = await replay(t, await stage(), { ident: IDENT });
  t.is((await send(Type.SYMLINK, str('there'), str('/duck link'))).status, Status.OK);
  t.is(await readlink(join(home, 'duck link')), 'there');
  return undefined;
});

check('gets no room by "df | awk", which needs a system shell, and goes on', async (t) => {
  const { connection, send } = await replay(t, await stage(), { ident: IDENT });
  const { status, stdout } = await run(connection, `df -Pk / | awk '{print $3, $4}'`);
  t.not(status, 0);
  // It takes two numbers on a line for an answer, and nothing else.
  t.is(stdout.toString('utf8'), '');
  t.is((await send(Type.EXTENDED, str('statvfs@openssh.com'), str('/'))).body.length, 11 * 8);
  return undefined;
});

/** The permissions in an ATTRS with size, owner, permissions and times. */
function modeOf({ body }: Reply): number {
  return body.readUInt32BE(20);
}
