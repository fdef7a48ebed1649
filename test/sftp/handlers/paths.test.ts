import test from 'ava';
import { FileError } from '../../../src/model/error.ts';
import { NO_ATTRIBUTES, str, u32, u64 } from '../bytes-of.ts';
import { connect, describe, type RawClient, type Reply } from '../raw-client.ts';
import { createSmallFiles } from '../small-files.ts';

test.beforeEach((t) => t.timeout(20_000));

const MISSING = 'NO_SUCH_FILE: No such file or directory';

/** The one name of a NAME reply, and its longname and flags behind it, as the draft wants for REALPATH. */
function nameIn(reply: Reply): string {
  if (reply.type !== 104) return describe(reply);
  const length = reply.body.readUInt32BE(4);
  const name = reply.body.subarray(8, 8 + length).toString('latin1');
  return reply.body.readUInt32BE(0) === 1 && reply.body.subarray(-4).equals(NO_ATTRIBUTES) ? name : 'not one name';
}

test('realpath: every path is absolute, and none leads out of the home', async (t) => {
  const client = await connect(t);
  client.files.putFolder('/d');
  for (const [path, real] of [
    ['', '/'],
    ['.', '/'],
    ['/', '/'],
    ['..', '/'],
    ['/../../etc', '/etc'],
    ['d', '/d'],
    ['d/', '/d'],
    ['/d/./../d//new', '/d/new'],
    ['new', '/new'],
    ['none/new', MISSING],
    ['a\0b', 'BAD_MESSAGE: Invalid path: the path holds a NUL byte'],
    ['x'.repeat(256), 'BAD_MESSAGE: Invalid path: a name is longer than 255 bytes'],
  ] as const) {
    t.is(nameIn(await client.ask(16, str(path))), real, path);
  }
});

test('realpath: a name that is not UTF-8 comes back as it was', async (t) => {
  const client = await connect(t);
  t.is(nameIn(await client.ask(16, str(Buffer.from('a\xff\x80', 'latin1')))), '/a\xff\x80');
});

test('expand-path: "~" is the home, of this user alone', async (t) => {
  const client = await connect(t);
  client.files.putFolder('/d');
  for (const [path, expanded] of [
    ['~', '/'],
    ['~/', '/'],
    ['~/d/x', '/d/x'],
    ['~alice/d', '/d'],
    ['~alice', '/'],
    ['~/../..', '/'],
    ['~bob', 'NO_SUCH_FILE: No such user'],
    ['~alicex/d', 'NO_SUCH_FILE: No such user'],
    ['d', '/d'],
    ['/d/~', '/d/~'],
    ['', '/'],
  ] as const) {
    t.is(nameIn(await client.extended('expand-path@openssh.com', str(path))), expanded, path);
  }
});

test('stat and lstat: through a link, and of the link itself', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  await client.files.makeLink('/l' as never, 'f');
  const modeOf = ({ body }: Reply): string => body.readUInt32BE(20).toString(8);
  t.is(modeOf(await client.ask(17, str('/l'))), '100644');
  t.is(modeOf(await client.ask(7, str('/l'))), '120777');
  t.is(describe(await client.ask(17, str('/none'))), MISSING);
});

test('mkdir: nine bits of the permissions count, 0777 without any', async (t) => {
  const client = await connect(t);
  t.is(describe(await client.ask(14, str('a'), u32(4), u32(0xffffffff))), 'OK');
  t.is(describe(await client.ask(14, str('b'), u32(4), u32(0o42750))), 'OK');
  t.is(describe(await client.ask(14, str('c'), NO_ATTRIBUTES)), 'OK');
  t.deepEqual(
    ['/a', '/b', '/c'].map((path) => client.files.nodes.get(path)?.mode),
    [0o777, 0o750, 0o777],
  );
  t.is(describe(await client.ask(14, str('a'), NO_ATTRIBUTES)), 'FAILURE: File exists');
});

test('remove and rmdir: each removes its own kind, and neither the home', async (t) => {
  const client = await connect(t);
  client.files.put('/f');
  client.files.putFolder('/d');
  client.files.put('/d/x');
  t.is(describe(await client.ask(13, str('/d'))), 'FAILURE: Is a directory');
  t.is(describe(await client.ask(15, str('/f'))), 'NO_SUCH_FILE: Not a directory');
  t.is(describe(await client.ask(15, str('/d'))), 'FAILURE: Directory not empty');
  t.is(describe(await client.ask(13, str('/d/x'))), 'OK');
  t.is(describe(await client.ask(15, str('/d'))), 'OK');
  t.is(describe(await client.ask(13, str('/f'))), 'OK');
  t.is(describe(await client.ask(13, str('/f'))), MISSING);
  for (const home of ['/', '.', '..', '', '/../']) {
    t.is(describe(await client.ask(15, str(home))), 'PERMISSION_DENIED: Permission denied', home);
    t.is(describe(await client.ask(13, str(home))), 'FAILURE: Is a directory', home);
  }
});

test('rename: never replaces what is there; posix-rename does', async (t) => {
  const client = await connect(t);
  client.files.put('/new', 'new');
  client.files.put('/old', 'old');
  t.is(describe(await client.ask(18, str('/new'), str('/old'))), 'FAILURE: File exists');
  t.is(client.files.text('/old'), 'old');
  t.is(describe(await client.extended('posix-rename@openssh.com', str('/new'), str('/old'))), 'OK');
  t.is(client.files.text('/old'), 'new');
  t.is(describe(await client.ask(18, str('/old'), str('/third'))), 'OK');
  t.is(client.files.text('/third'), 'new');
  t.is(describe(await client.ask(18, str('/none'), str('/x'))), MISSING);
});

for (const [software, fields] of [
  ['OpenSSH_9.2p1', ['../target', '/link']],
  ['paramiko_3.4.0', ['../target', '/link']],
  ['libssh_0.10.6', ['/link', '../target']],
  ['ssh2js1.17.0', ['/link', '../target']],
] as const) {
  test(`symlink: of ${software}, and readlink says what was stored`, async (t) => {
    const client = await connect(t, { client: software });
    t.is(describe(await client.ask(20, ...fields.map((field) => str(field)))), 'OK');
    t.is(nameIn(await client.ask(19, str('/link'))), '../target');
    t.is(describe(await client.ask(20, ...fields.map((field) => str(field)))), 'FAILURE: File exists');
  });
}

test('hardlink: a second name', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  t.is(describe(await client.extended('hardlink@openssh.com', str('/f'), str('/g'))), 'OK');
  t.is(client.files.text('/g'), 'abc');
});

test('setstat: sets what was sent and nothing else; size 0 counts', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  t.is(describe(await client.ask(9, str('/f'), u32(12), u32(0o100600), u32(1), u32(0xffffffff))), 'OK');
  t.like(client.files.nodes.get('/f'), {
    content: Buffer.from('abc'),
    mode: 0o600,
    accessedMs: 1000,
    modifiedMs: 0xffffffff * 1000,
  });
  t.is(describe(await client.ask(9, str('/f'), u32(1), u64(0))), 'OK');
  t.is(client.files.text('/f'), '');
  t.is(describe(await client.ask(9, str('/f'), NO_ATTRIBUTES)), 'OK');
  t.is(describe(await client.ask(9, str('/none'), u32(4), u32(0))), MISSING);
});

test('setstat: a mode that is there already is no change, for which nobody is asked', async (t) => {
  const client = await connect(t);
  client.files.putFolder('/made');
  client.files.setAttributes = (path) => Promise.reject(new FileError('permission-denied', { path }));
  const chmod = async (mode: number): Promise<string> => describe(await client.ask(9, str('/made'), u32(4), u32(mode)));
  t.is(await chmod(0o40755), 'OK');
  t.is(await chmod(0o40775), 'PERMISSION_DENIED: Permission denied');
  // Of what can't be looked at it is not known.
  client.files.stat = (path) => Promise.reject(new FileError('permission-denied', { path }));
  t.is(await chmod(0o40755), 'PERMISSION_DENIED: Permission denied');
});

test('lsetstat: sets the times of a link itself; a size makes no sense, a mode is not supported', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  await client.files.makeLink('/l' as never, 'f');
  const lsetstat = async (...fields: Buffer[]): Promise<string> =>
    describe(await client.extended('lsetstat@openssh.com', str('/l'), ...fields));
  t.is(await lsetstat(u32(8), u32(7), u32(8)), 'OK');
  t.is(client.files.nodes.get('/l')?.modifiedMs, 8000);
  t.not(client.files.nodes.get('/f')?.modifiedMs, 8000);
  t.is(await lsetstat(u32(1), u64(0)), 'BAD_MESSAGE: A link has no size to set');
  t.is(await lsetstat(u32(4), u32(0o777)), 'OP_UNSUPPORTED: Operation not supported');
  t.is(client.files.text('/f'), 'abc');
});

test('statvfs: of what is there', async (t) => {
  const client: RawClient = await connect(t, { files: createSmallFiles() });
  t.is((await client.extended('statvfs@openssh.com', str('/'))).type, 201);
  t.is(describe(await client.extended('statvfs@openssh.com', str('/none'))), MISSING);
});
