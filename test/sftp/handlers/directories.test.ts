import test from 'ava';
import { str } from '../bytes-of.ts';
import { connect, describe, type RawClient, type Reply } from '../raw-client.ts';

test.beforeEach((t) => t.timeout(20_000));

interface Listed {
  readonly name: string;
  readonly longname: string;
  readonly attributes: string;
}

function listed({ body }: Reply): Listed[] {
  let at = 4;
  const text = (): string => {
    const start = at + 4;
    at = start + body.readUInt32BE(at);
    return body.subarray(start, at).toString('latin1');
  };
  return Array.from({ length: body.readUInt32BE(0) }, () => {
    const [name, longname] = [text(), text()];
    at += 32;
    return { name, longname, attributes: body.subarray(at - 32, at).toString('hex') };
  });
}

async function listAll(client: RawClient, handle: Buffer): Promise<Listed[][]> {
  const replies: Listed[][] = [];
  for (;;) {
    const reply = await client.ask(12, handle);
    if (reply.type === 101) return replies;
    replies.push(listed(reply));
  }
}

test('readdir: ".", ".." and every entry, with longname and attributes, then the end, again and again', async (t) => {
  const client = await connect(t);
  client.files.put('/f', 'abc');
  client.files.putFolder('/d');
  const handle = await client.openFolder('/');
  const [reply = [], ...more] = await listAll(client, handle);
  t.deepEqual(more, []);
  t.deepEqual(
    reply.map(({ name, longname }) => [name, longname]),
    [
      ['.', 'drwx------    1 alice    alice           0 Sep  9  2001 .'],
      ['..', 'drwx------    1 alice    alice           0 Sep  9  2001 ..'],
      ['f', '-rw-r--r--    1 alice    alice           3 Sep  9  2001 f'],
      ['d', 'drwxr-xr-x    1 alice    alice           0 Sep  9  2001 d'],
    ],
  );
  t.is(
    reply[2]?.attributes,
    [
      '0000000f',
      '0000000000000003', // size
      '000003e8', // uid
      '000003e8', // gid
      '000081a4', // permissions
      '3b9aca00', // accessed
      '3b9aca00', // modified
    ].join(''),
  );
  t.is(describe(await client.ask(12, handle)), 'EOF: End of file');
});

test('readdir: who does not own the home is a number', async (t) => {
  const client = await connect(t);
  client.files.put('/f');
  Object.assign(client.files.nodes.get('/f') ?? {}, { uid: 0, gid: 5 });
  const [reply = []] = await listAll(client, await client.openFolder('/'));
  t.true(reply[2]?.longname.startsWith('-rw-r--r--    1 0        5               0 '));
});

test('readdir: names come as their bytes; in the longname what could disturb a terminal is escaped', async (t) => {
  const client = await connect(t);
  client.files.put('/a\u001b\n\udcff');
  const [reply = []] = await listAll(client, await client.openFolder('/'));
  t.is(reply[2]?.name, 'a\u001b\n\xff');
  t.true(reply[2]?.longname.endsWith(' a\\x1b\\n\\xff'));
});

test('readdir: a large folder comes in replies that every client accepts', async (t) => {
  const client = await connect(t);
  const names = Array.from({ length: 2000 }, (_, index) => `${index}-`.padEnd(index % 250, '\u0001'));
  for (const name of names) client.files.put(`/${name}`);
  const handle = await client.openFolder('/');
  const got: string[] = [];
  for (let reply = await client.ask(12, handle); reply.type === 104; reply = await client.ask(12, handle)) {
    t.true(reply.body.length < 34_000 - 9, `${reply.body.length} bytes`);
    got.push(...listed(reply).map(({ name }) => name));
  }
  t.deepEqual(got, ['.', '..', ...names]);
});

test('opendir: what is no folder is refused', async (t) => {
  const client = await connect(t);
  client.files.put('/f');
  t.is(describe(await client.ask(11, str('/f'))), 'NO_SUCH_FILE: Not a directory');
  t.is(describe(await client.ask(11, str('/none'))), 'NO_SUCH_FILE: No such file or directory');
});

test('readdir: an error is its answer, and what comes after it is read on', async (t) => {
  const client = await connect(t);
  client.files.put('/f');
  const handle = await client.openFolder('/');
  client.files.before = () => Promise.reject(new Error('disk'));
  t.is(describe(await client.ask(12, handle)), 'FAILURE: Internal error (e1)');
  client.files.before = async () => {};
  const [reply = []] = await listAll(client, handle);
  t.deepEqual(
    reply.map(({ name }) => name),
    ['.', '..', 'f'],
  );
});
