import test from 'ava';
import { packet, str, u8, u32, u64 } from '../bytes-of.ts';
import { connect, describe, type Reply } from '../raw-client.ts';
import { SMALL_FILES_OWNER } from '../small-files.ts';

test.beforeEach((t) => t.timeout(20_000));

test('limits: what OpenSSH tells, and how many handles this session has', async (t) => {
  const client = await connect(t, { limits: { handles: 77 } });
  const { type, body } = await client.extended('limits@openssh.com');
  t.is(type, 201);
  t.deepEqual(body, Buffer.concat([u64(262144), u64(261120), u64(261120), u64(77)]));
});

test('limits: a WRITE as long as told is taken', async (t) => {
  const client = await connect(t);
  const handle = await client.open('/f', 0x1a);
  t.is(describe(await client.ask(6, handle, u64(0), str(Buffer.alloc(261120)))), 'OK');
  t.is(client.files.nodes.get('/f')?.content.length, 261120);
});

test('limits: a packet as long as told is taken', async (t) => {
  const client = await connect(t);
  client.send(packet(u8(17), u32(1), str('/'), Buffer.alloc(262144 - 10)));
  t.is((await client.next()).type, 105);
});

test('home-directory: of this user alone', async (t) => {
  const client = await connect(t);
  const home = async (user: string): Promise<Reply> => client.extended('home-directory', str(user));
  const expected = Buffer.concat([u32(1), str('/'), str('/'), u32(0)]);
  t.deepEqual((await home('')).body, expected);
  t.deepEqual((await home('alice')).body, expected);
  t.is(describe(await home('bob')), 'FAILURE: No such user');
});

test('vendor-id: what a client says of itself is taken', async (t) => {
  const client = await connect(t);
  const said = [str('Martin Prikryl'), str('WinSCP'), str('6.3.5\u001b[2J'), u64(15000)];
  t.is(describe(await client.extended('vendor-id', ...said)), 'OK');
});

test('users-groups-by-id: the owner of the home is the user, others have no name', async (t) => {
  const client = await connect(t);
  const ids = (...numbers: number[]): Buffer => str(Buffer.concat(numbers.map(u32)));
  const { type, body } = await client.extended(
    'users-groups-by-id@openssh.com',
    ids(0, SMALL_FILES_OWNER),
    ids(SMALL_FILES_OWNER),
  );
  t.is(type, 201);
  t.deepEqual(body, Buffer.concat([str(Buffer.concat([str(''), str('alice')])), str(str('alice'))]));
  t.deepEqual((await client.extended('users-groups-by-id@openssh.com', ids(), ids())).body, Buffer.alloc(8));
});

test('users-groups-by-id: too many numbers at once are refused', async (t) => {
  const client = await connect(t);
  const reply = await client.extended('users-groups-by-id@openssh.com', str(Buffer.alloc(4 * 1025)), str(''));
  t.regex(describe(reply), /^FAILURE: File too large: at most 1024/);
});
