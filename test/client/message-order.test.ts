// Servers that send what no server may send, or when it may not.

import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type AuthContext, type Connection } from 'ssh2';
import { connect } from '../../src/client/connect.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import { connectionErrorFrom } from '../../src/client/connection-failure.ts';
import { keepMessageOrder } from '../../src/client/message-order.ts';
import type { Protocol } from '../../src/transport/ssh2-protocol.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { say } from '../hostile/liar.ts';
import { message } from '../hostile/plain-peer.ts';
import { str, u8, u32 } from '../sftp/bytes-of.ts';

const SERVICE_ACCEPT = message(6, str('ssh-userauth'));
const FAILURE = message(51, str('password'), u8(0));
const SUCCESS = message(52);

interface Liar {
  /** When the peer is there, with all keys exchanged. */
  readonly onReady?: (say: (bytes: Buffer) => void) => void;
  readonly onLogin?: (say: (bytes: Buffer) => void, context: AuthContext) => void;
  readonly onSession?: (say: (bytes: Buffer) => void) => void;
}

async function connectToLiar(t: ExecutionContext, { onReady, onLogin, onSession }: Liar): Promise<unknown> {
  t.timeout(30_000);
  const server = new ssh2.Server({ hostKeys: [makeKeyPair('ed25519').private] }, (peer: Connection) => {
    const tell = (bytes: Buffer): void => say(peer as never, bytes);
    peer.on('error', () => {});
    peer.once('handshake', () => onReady?.(tell));
    peer.on('authentication', (context) => (onLogin === undefined ? context.accept() : onLogin(tell, context)));
    peer.on('session', (accept) => (onSession === undefined ? accept() : onSession(tell)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const options = { host: '127.0.0.1', port, user: 'alice', password: '-', verifyHost: () => true, timeoutMs: 10_000 };
  return connect(options).then(
    (client) => client.quit(),
    (error: unknown) => error,
  );
}

/*
 * What was wrong: ssh2 threw within, and "Connection lost: Cannot read properties of undefined" was told; a server that let
 * no packet have a byte made it go round for ever, so that no ^C was heard; a second answer to one login was "Permission
 * denied" in the middle of a session, or a second session.
 * How it was reached: any server, from the key exchange on.
 * What this verifies: each ends the connection at once, and is told by its name.
 */
for (const [what, told, liar] of [
  ['a refusal of no login', /its USERAUTH_FAILURE \(51\) answers no login/, { onReady: (tell) => tell(FAILURE) }],
  [
    'a login that nobody asked for',
    /its USERAUTH_SUCCESS \(52\) answers no login/,
    { onReady: (tell) => tell(SUCCESS) },
  ],
  [
    'two answers to one login',
    /its USERAUTH_FAILURE \(51\) answers no login/,
    {
      onLogin: (tell) => {
        tell(SUCCESS);
        tell(FAILURE);
      },
    },
  ],
  [
    'a service that is accepted twice',
    /its SERVICE_ACCEPT \(6\) came twice/,
    { onLogin: (tell) => tell(SERVICE_ACCEPT) },
  ],
  [
    'a channel into which nothing goes',
    /its CHANNEL_OPEN_CONFIRMATION \(91\) lets no packet be longer than 0 bytes/,
    { onSession: (tell) => tell(message(91, u32(0), u32(0), u32(2 ** 21), u32(0))) },
  ],
] as const satisfies readonly (readonly [string, RegExp, Liar])[]) {
  test(`message order: ${what} is told, and ends the connection`, async (t) => {
    const error = await connectToLiar(t, liar);
    if (!(error instanceof ConnectionError)) return t.fail(String(error));
    t.is(error.code, 'protocol');
    t.regex(error.message, told);
  });
}

test('message order: what ssh2 throws at is told by its name, and nothing after it is looked at', (t) => {
  const told: unknown[] = [];
  const handled: (number | undefined)[] = [];
  const protocol = {
    _authsQueue: [],
    _onPayload: (payload: Buffer) => {
      handled.push(payload[0]);
      if (payload[0] === 81) throw new TypeError('Cannot read properties of undefined');
    },
  } as unknown as Protocol;
  keepMessageOrder(protocol, (what) => told.push(what));
  for (const type of [80, 81, 82]) protocol._onPayload(Buffer.of(type));
  t.deepEqual(told, ['The server broke the protocol: its REQUEST_SUCCESS (81) makes no sense']);
  t.deepEqual(handled, [80, 81]);
  const { code, message: text } = connectionErrorFrom(new RangeError('offset'), { host: 'example.org', port: 22 });
  t.deepEqual([code, text], ['protocol', 'example.org port 22: The server broke the protocol']);
});
