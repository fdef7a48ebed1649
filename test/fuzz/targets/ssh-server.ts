// The server's end of the SSH protocol, before and after login: messages as no honest client sends them, through ssh2
// and the guards around it, over a real connection.

import { statSync } from 'node:fs';
import ssh2, { type Client } from 'ssh2';
import { encodeStrings } from '../../../src/transport/wire.ts';
import { PASSWORDS, startServer, type TestServer } from '../../helpers/server.ts';
import { run as runCommand } from '../../helpers/ssh-client.ts';
import { listen, say } from '../../hostile/liar.ts';
import { kexInitialOf, kexInitOf, MESSAGE, message, plainPacket, plainPeer } from '../../hostile/plain-peer.ts';
import { u8, u32 } from '../../sftp/bytes-of.ts';
import { holds, type Subject, type Target } from '../target.ts';
import { createTeardown } from '../teardown.ts';

/** How long a server may take to answer or to end the connection, if it does either: it may wait for more. */
const PATIENCE_MS = 150;
/** An honest user is served after so many inputs. */
const HONEST_EVERY = 50;

/** An input is messages, each behind two bytes of length. */
function messagesIn(input: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 2 < input.length && messages.length < 30; ) {
    const end = at + 2 + input.readUInt16BE(at);
    if (end > at + 2) messages.push(input.subarray(at + 2, end));
    at = end;
  }
  return messages;
}

function inputOf(...messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((one) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(one.length);
      return [length, one];
    }),
  );
}

const strings = (...texts: string[]): Buffer => encodeStrings(texts);
const password = (user: string, text: string): Buffer =>
  message(MESSAGE.userauthRequest, strings(user, 'ssh-connection', 'password'), u8(0), strings(text));
const open = message(MESSAGE.channelOpen, strings('session'), u32(0), u32(0x200000), u32(0x8000));
const request = (name: string, ...fields: readonly Buffer[]): Buffer =>
  message(MESSAGE.channelRequest, u32(0), strings(name), u8(1), ...fields);
const data = (bytes: Buffer): Buffer => message(MESSAGE.channelData, u32(0), encodeStrings([bytes]));
/** Answered by every server, whatever it thinks of the name. */
const QUESTION = message(MESSAGE.globalRequest, strings('are-you-there@example.com'), u8(1));

const SEEDS_BEFORE_KEYS = [
  inputOf(kexInitOf()),
  inputOf(kexInitOf(), kexInitialOf(Buffer.alloc(32, 9))),
  inputOf(kexInitOf({ kex: 'mlkem768x25519-sha256' }), kexInitialOf(Buffer.alloc(1216, 9))),
  inputOf(kexInitOf({ kex: 'ecdh-sha2-nistp256' }), kexInitialOf(Buffer.alloc(65, 4))),
  inputOf(kexInitOf({ kex: 'diffie-hellman-group-exchange-sha256' }), message(34, u32(2048), u32(3072), u32(8192))),
  inputOf(
    message(MESSAGE.ignore, strings('x')),
    message(MESSAGE.debug, u8(0), strings('x', '')),
    message(MESSAGE.unimplemented, u32(0)),
  ),
  inputOf(message(MESSAGE.disconnect, u32(2), strings('x', '')), message(MESSAGE.newKeys)),
];
const SEEDS_BEFORE_LOGIN = [
  inputOf(message(MESSAGE.serviceRequest, strings('ssh-userauth')), password('mallory', 'wrong')),
  inputOf(message(MESSAGE.userauthRequest, strings('mallory', 'ssh-connection', 'none'))),
  inputOf(
    message(MESSAGE.userauthRequest, strings('mallory', 'ssh-connection', 'keyboard-interactive', '', '')),
    message(MESSAGE.userauthInfoResponse, u32(1), strings('wrong')),
  ),
  inputOf(
    message(
      MESSAGE.userauthRequest,
      strings('mallory', 'ssh-connection', 'publickey'),
      u8(0),
      strings('ssh-ed25519'),
      encodeStrings([encodeStrings(['ssh-ed25519', Buffer.alloc(32, 1)])]),
    ),
    message(
      MESSAGE.userauthRequest,
      strings('mallory', 'ssh-connection', 'publickey'),
      u8(1),
      strings('ssh-ed25519'),
      encodeStrings([
        encodeStrings(['ssh-ed25519', Buffer.alloc(32, 1)]),
        encodeStrings(['ssh-ed25519', Buffer.alloc(64)]),
      ]),
    ),
  ),
  inputOf(message(MESSAGE.extInfo, u32(1), strings('server-sig-algs', 'x')), message(MESSAGE.userauthSuccess)),
  inputOf(open, message(MESSAGE.ping, strings('x'))),
];
const SEEDS_AFTER_LOGIN = [
  inputOf(open, request('exec', strings('list')), message(96, u32(0)), message(97, u32(0))),
  inputOf(
    open,
    request('env', strings('LANG', 'C')),
    request('pty-req', strings('xterm'), u32(80), u32(24), u32(0), u32(0), strings('')),
    request('shell'),
    request('window-change', u32(100), u32(30), u32(0), u32(0)),
    data(Buffer.from('pwd\rquit\r')),
  ),
  inputOf(
    open,
    request('subsystem', strings('sftp')),
    data(Buffer.from('000000050100000003', 'hex')),
    message(93, u32(0), u32(1000)),
    message(95, u32(0), u32(1), strings('x')),
  ),
  inputOf(
    open,
    request('x11-req', u8(0), strings('a', 'b'), u32(0)),
    request('auth-agent-req@openssh.com'),
    request('signal', strings('TERM')),
    request('exit-status', u32(0)),
  ),
  inputOf(
    message(MESSAGE.globalRequest, strings('tcpip-forward'), u8(1), strings('127.0.0.1'), u32(0)),
    message(MESSAGE.globalRequest, strings('hostkeys-prove-00@openssh.com'), u8(1), strings('x')),
    message(MESSAGE.globalRequest, strings('no-more-sessions@openssh.com'), u8(0)),
  ),
  inputOf(
    message(
      MESSAGE.channelOpen,
      strings('direct-tcpip'),
      u32(1),
      u32(100000),
      u32(0x8000),
      strings('127.0.0.1'),
      u32(22),
      strings('127.0.0.1'),
      u32(1),
    ),
  ),
  inputOf(
    message(MESSAGE.channelOpenConfirmation, u32(0), u32(0), u32(1), u32(1)),
    message(MESSAGE.channelOpenFailure, u32(0), u32(1), strings('x', '')),
    message(99, u32(0)),
    message(100, u32(0)),
    message(81),
    message(82),
  ),
  inputOf(kexInitOf(), kexInitialOf(Buffer.alloc(32, 9))),
];

const WORDS = [
  ...[
    'ssh-userauth',
    'ssh-connection',
    'password',
    'publickey',
    'keyboard-interactive',
    'none',
    'mallory',
    'hostbased',
  ],
  ...[
    'session',
    'exec',
    'shell',
    'subsystem',
    'sftp',
    'pty-req',
    'env',
    'window-change',
    'signal',
    'exit-signal',
    'break',
  ],
  ...['ping@openssh.com', 'keepalive@openssh.com', 'hostkeys-prove-00@openssh.com', 'streamlocal-forward@openssh.com'],
].map((word) => encodeStrings([word]));

const COVERS = ['/src/sshd/', '/src/transport/', 'ssh2/lib/protocol/', 'ssh2/lib/server.js', 'ssh2/lib/Channel.js'];

/** Sends the messages of one input on a connection of its own, and resolves when the server has dealt with them. */
type Attack = (server: TestServer, messages: readonly Buffer[]) => Promise<void>;

function target(name: string, seeds: readonly Buffer[], attack: Attack): Target {
  return {
    name,
    invariant:
      'the connection ends or goes on; no exception escapes, nothing unforeseen is logged, nobody who has not logged in gets a session, and an honest client is served afterwards',
    covers: COVERS,
    dictionary: [...WORDS, ...Array.from({ length: 101 }, (_, type) => inputOf(Buffer.of(type))), inputOf(open)],
    seeds,
    maxBytes: 2000,
    begin: () => beginServer(attack),
  };
}

export const sshBeforeKeys: Target = target('ssh-before-keys', SEEDS_BEFORE_KEYS, async (server, messages) => {
  const peer = plainPeer(server);
  peer.write(Buffer.concat(messages.map((one) => plainPacket(one))));
  await within(PATIENCE_MS, (done) => {
    peer.socket.once('close', done);
    // The answer to KEXINIT and what follows it, if anything does.
    void peer.until(MESSAGE.newKeys).then(done);
  });
  const closed = peer.closed;
  peer.socket.destroy();
  await closed;
});

export const sshBeforeLogin: Target = target('ssh-before-login', SEEDS_BEFORE_LOGIN, async (server, messages) => {
  const client = new ssh2.Client();
  try {
    await connected(client, server, false);
    const heard = hear(client);
    for (const one of [...messages, QUESTION]) say(client, one);
    await within(PATIENCE_MS * 10, (done) => client.once('close', done));
    holds(
      !heard.has(MESSAGE.userauthSuccess) && !heard.has(MESSAGE.channelOpenConfirmation),
      'let in without a password',
    );
  } finally {
    client.destroy();
  }
});

export const sshAfterLogin: Target = target('ssh-after-login', SEEDS_AFTER_LOGIN, async (server, messages) => {
  const client = new ssh2.Client();
  try {
    await connected(client, server, true);
    const heard = hear(client);
    for (const one of [...messages, QUESTION]) say(client, one);
    await within(PATIENCE_MS, (done) => {
      client.once('close', done);
      heard.on(82, done);
    });
  } finally {
    client.destroy();
  }
});

/** Resolves when `set` has called back, or after the time: a server in the midst of an exchange waits for more. */
function within(limitMs: number, set: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    set(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Up to the login, or up to where it would begin. */
function connected(client: Client, server: TestServer, logsIn: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on('error', reject).once('ready', resolve);
    client.connect({
      host: server.host,
      port: server.port,
      username: 'mallory',
      password: PASSWORDS.mallory,
      algorithms: { kex: ['curve25519-sha256'], serverHostKey: ['ssh-ed25519'] },
      ...(logsIn ? {} : { authHandler: (() => resolve()) as unknown as ssh2.AuthHandlerMiddleware }),
    });
  });
}

/** The types of the messages that come from here on; ssh2's client sees none of them. */
function hear(client: Client): { has(type: number): boolean; on(type: number, act: () => void): void } {
  const types = new Set<number>();
  const acts: { type: number; act: () => void }[] = [];
  listen(client, ([type = -1]) => {
    types.add(type);
    for (const one of acts) if (one.type === type) one.act();
  });
  return { has: (type) => types.has(type), on: (type, act) => void acts.push({ type, act }) };
}

async function beginServer(attack: Attack): Promise<Subject> {
  const t = createTeardown();
  const server = await startServer(t, { 'log-level': 'error' });
  const loggedBytes = statSync(server.logFile, { throwIfNoEntry: false })?.size;
  let executions = 0;
  return {
    async run(input) {
      await attack(server, messagesIn(input));
      executions += 1;
      if (executions % HONEST_EVERY === 0) await honest(server);
      if (statSync(server.logFile, { throwIfNoEntry: false })?.size === loggedBytes) return;
      const records = await server.records();
      throw new Error(`the server logs ${JSON.stringify(records.at(-1))}`);
    },
    close: async () => {
      await honest(server);
      await t.undo();
    },
  };
}

async function honest(server: TestServer): Promise<void> {
  const client = new ssh2.Client();
  try {
    await connected(client, server, true);
    const { stdout } = await runCommand(client, 'echo served');
    holds(stdout.toString() === 'served\n', 'an honest client is not served');
  } finally {
    client.destroy();
  }
}
