// What ssh2 does with what the client's window has no room for, between a real server and a client that opens the window as
// the test wants.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type ServerChannel } from 'ssh2';
import { adaptChannel, type SessionChannel } from '../../src/sshd/channel.ts';
import type { TransportGuard } from '../../src/sshd/transport-guard.ts';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { grantWindow, say } from '../hostile/liar.ts';
import { message } from '../hostile/plain-peer.ts';
import { u32 } from '../sftp/bytes-of.ts';

const WINDOW_ADJUST = 93;

interface Both {
  /** The server's end of a command. */
  readonly server: SessionChannel;
  /** Opens the client's window by so many bytes. */
  open(bytes: number): void;
  readonly output: () => string;
  readonly errors: () => string;
  readonly isClosed: () => boolean;
}

/** A command whose client takes nothing before it is told to. */
async function command(t: ExecutionContext): Promise<Both> {
  const { private: key } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const listener = new ssh2.Server({ hostKeys: [key] });
  const accepted = new Promise<ServerChannel>((resolve) => {
    listener.on('connection', (connection) => {
      connection.on('error', () => {});
      connection.on('authentication', (context) => context.accept());
      connection.on('session', (accept) => accept().on('exec', (take) => resolve(take())));
    });
  });
  t.teardown(() => listener.close());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = await login(t, { host: '127.0.0.1', port }, 'alice');
  grantWindow(client, 0);
  const texts = { output: '', errors: '' };
  let isClosed = false;
  client.exec('anything', (error, channel) => {
    if (error) throw error;
    channel.on('data', (chunk: Buffer) => {
      texts.output += chunk;
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      texts.errors += chunk;
    });
    channel.once('close', () => {
      isClosed = true;
    });
  });
  return {
    server: adaptChannel({
      channel: await accepted,
      guard: { whenDrained: (ready: () => void) => ready() } as TransportGuard,
      signal: new AbortController().signal,
    }),
    open: (bytes) => say(client, message(WINDOW_ADJUST, u32(0), u32(bytes))),
    output: () => texts.output,
    errors: () => texts.errors,
    isClosed: () => isClosed,
  };
}

test('channel: what had to wait for the window is sent once', async (t) => {
  /*
   * What was wrong: ssh2 keeps a piece that had to wait for the window, and sends it again when the error output waits:
   * the client gets output twice, and the error never.
   * How it was reached: a command whose output ends just where the window does, and that then writes an error.
   * What this verifies: output and error come whole, and once.
   */
  const { server, open, output, errors, isClosed } = await command(t);
  server.stream.write('output');
  open(3);
  await until(() => output() === 'out');
  open(3);
  await until(() => output() === 'output');
  server.errorOutput.write('error');
  open(5);
  await until(() => errors() === 'error');
  void server.finish(0);
  await until(isClosed);
  t.is(output(), 'output');
  t.is(errors(), 'error');
});

test('channel: output and error output that wait for the window both leave when it opens', async (t) => {
  /*
   * What was wrong: when the window opens, ssh2 sends what waits of the output, and forgets what waits of the error output.
   * How it was reached: reading a file failed while the piece before it waited; the command never ended.
   * What this verifies: both come, and the channel ends.
   */
  const { server, open, output, errors, isClosed } = await command(t);
  server.stream.write('output');
  server.errorOutput.write('error');
  const finished = server.finish(1);
  open(8);
  await until(() => output() === 'output' && errors() === 'er');
  open(100);
  await finished;
  await until(isClosed);
  t.is(errors(), 'error');
});
