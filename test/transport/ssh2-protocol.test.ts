import test from 'ava';
import ssh2 from 'ssh2';
import {
  checkProtocol,
  checkVersion,
  type Protocol,
  protocolOf,
  SSH2_VERSION,
} from '../../src/transport/ssh2-protocol.ts';

test('ssh2: the version that is installed is the one this was written for, and no other is taken', (t) => {
  t.notThrows(() => checkVersion());
  for (const other of ['1.17.1', '1.16.0', '2.0.0', '1.17.0-beta', '']) {
    const error = t.throws(() => checkVersion(other));
    t.is(
      error?.message,
      `ssh2 ${other} is installed, and sshome was made for ssh2 ${SSH2_VERSION}: run \`npm ci\` to install that one`,
    );
  }
});

/** The Protocol of a client that is not connected. */
function realProtocol(): Protocol {
  const client = new ssh2.Client();
  client.on('error', () => {});
  client.connect({ host: '127.0.0.1', port: 1, username: 'nobody' });
  client.destroy();
  return protocolOf(client);
}

test('ssh2: every part that is used is where it was', (t) => {
  t.notThrows(() => checkProtocol(realProtocol()));
});

for (const part of [
  '_onHandshakeComplete',
  '_packetRW',
  '_authenticated',
  '_offer',
  'rekey',
  'requestSuccess',
] as const) {
  test(`ssh2: one whose Protocol has no ${part} is not used`, (t) => {
    const protocol: object = Object.assign(Object.create(realProtocol()), { [part]: undefined });
    t.throws(() => checkProtocol(protocol as Protocol), { message: new RegExp(`has no _protocol\\.${part}`) });
  });
}
