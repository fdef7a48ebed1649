import { connect } from 'node:net';
import test from 'ava';
import ssh2 from 'ssh2';
import { ProxyHeaderError, parseProxyHeader } from '../../src/sshd/proxy-protocol.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';
import { until } from '../helpers/until.ts';

const V2 = '0d0a0d0a000d0a515549540a';
const V2_IPV4 = Buffer.from(`${V2}2111000c${'c0000201'}${'7f000001'}${'dc04'}${'0016'}`, 'hex');
const V2_IPV6 = Buffer.from(`${V2}21210024${'20010db8000000000000000000000001'}${'0'.repeat(32)}${'dc040016'}`, 'hex');
const V1 = Buffer.from('PROXY TCP4 192.0.2.1 127.0.0.1 56324 22\r\n');

for (const [title, header, address] of [
  ['version 1, IPv4', V1, '192.0.2.1'],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::1 ::1 56324 22\r\n'), '2001:db8::1'],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['version 2, IPv4', V2_IPV4, '192.0.2.1'],
  ['version 2, IPv6', V2_IPV6, '2001:db8:0:0:0:0:0:1'],
  ['version 2, the proxy itself', Buffer.from(`${V2}20000000`, 'hex'), undefined],
  [
    'version 2 with more than addresses',
    Buffer.from(`${V2}21110010c00002017f000001dc04001604000100`, 'hex'),
    '192.0.2.1',
  ],
] as const) {
  test(`PROXY: ${title}: tells the address, and where the client’s bytes begin`, (t) => {
    t.deepEqual(parseProxyHeader(Buffer.concat([header, Buffer.from('SSH-2.0-x')])), {
      address,
      lengthBytes: header.length,
    });
  });

  test(`PROXY: ${title}: is waited for, byte by byte`, (t) => {
    for (let length = 0; length < header.length; length += 1)
      t.is(parseProxyHeader(header.subarray(0, length)), undefined);
  });
}

for (const [title, bytes] of [
  ['an SSH client that comes directly', Buffer.from('SSH-2.0-OpenSSH')],
  ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['no address', Buffer.from('PROXY TCP4 localhost 127.0.0.1 1 2\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['an unknown version', Buffer.from(`${V2}31110000`, 'hex')],
  ['an unknown command', Buffer.from(`${V2}22110000`, 'hex')],
  ['a length that lies', Buffer.from(`${V2}2111ffff`, 'hex')],
  ['addresses that are cut off', Buffer.from(`${V2}21110004c0000201`, 'hex')],
  ['UDP', Buffer.from(`${V2}2112000c${'0'.repeat(24)}`, 'hex')],
] as const) {
  test(`PROXY: ${title}: is refused`, (t) => {
    t.throws(() => parseProxyHeader(bytes), { instanceOf: ProxyHeaderError });
  });
}

test('PROXY: a trusted proxy’s connections count as those of the client it names', async (t) => {
  const server = await startServer(t, { 'proxy-protocol-from': '127.0.0.1' });
  const sock = connect(server.port, server.host);
  sock.write(V2_IPV4);
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  await new Promise((resolve, reject) => {
    client.once('ready', () => resolve(undefined)).once('error', reject);
    client.connect({ sock, username: 'alice', password: PASSWORDS.alice });
  });
  const login = (await server.records()).find(({ event }) => event === 'session.login');
  t.is(login?.['address'], '192.0.2.1');
});

test('PROXY: who comes without a header where one is due is cut off', async (t) => {
  const server = await startServer(t, { 'proxy-protocol-from': '127.0.0.0/8' });
  const socket = connect(server.port, server.host);
  socket.on('error', () => {});
  const gone = new Promise((resolve) => socket.once('close', resolve).resume());
  socket.write('SSH-2.0-direct\r\n');
  await gone;
  await until(async () =>
    (await server.records()).some(({ message }) => /does not begin with a PROXY/.test(String(message))),
  );
  t.pass();
});

test('PROXY: a header from anybody else is no SSH, and names nobody', async (t) => {
  const server = await startServer(t, { 'proxy-protocol-from': '192.0.2.0/24' });
  const socket = connect(server.port, server.host);
  socket.on('error', () => {});
  const gone = new Promise((resolve) => socket.once('close', resolve).resume());
  socket.write('PROXY TCP4 198.51.100.1 127.0.0.1 1 2\r\n');
  await gone;
  await until(async () => (await server.records()).some(({ event }) => event === 'session.close'));
  const records = await server.records();
  t.false(records.some(({ address }) => address === '198.51.100.1'));
});
