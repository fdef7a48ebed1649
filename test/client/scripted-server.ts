// A server whose SFTP side says what a test tells it to, true or not: to see what the client makes of it.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import ssh2, { type AuthContext, type ServerChannel } from 'ssh2';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import type { ConnectionOptions } from '../../src/client/connection.ts';
import { createFramer } from '../../src/sftp/framer.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { packet, str, u8, u32, u64 } from '../sftp/bytes-of.ts';

// Packet types of the draft, section 3.
export const OPEN = 3;
export const CLOSE = 4;
export const READ = 5;
export const LSTAT = 7;
export const FSTAT = 8;
export const OPENDIR = 11;
export const READDIR = 12;
export const REALPATH = 16;
export const STAT = 17;
const INIT = 1;

export interface Asked {
  readonly type: number;
  readonly id: number;
  /** What follows the id. */
  readonly body: Buffer;
  readonly channel: ServerChannel;
  answer(packet: Buffer): void;
}

export interface ScriptedServer {
  readonly options: ConnectionOptions;
  /** The connections that it has had. */
  readonly sockets: readonly Socket[];
}

/**
 * What an honest server with one file of `sizeBytes` at every path answers; `answer` goes first, and says whether it did.
 * Everybody may log in unless `login` says otherwise.
 */
export async function scriptedServer(
  t: ExecutionContext,
  answer: (asked: Asked) => boolean,
  sizeBytes = 0,
  login: (context: AuthContext) => void = (context) => context.accept(),
): Promise<ScriptedServer> {
  t.timeout(30_000);
  const sockets: Socket[] = [];
  const { private: hostKey } = makeKeyPair('ed25519');
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    peer.on('error', () => {});
    peer.on('authentication', login);
    peer.on('session', (acceptSession) => {
      acceptSession().on('subsystem', (acceptSubsystem) => {
        serve(acceptSubsystem(), (asked) => answer(asked) || asked.answer(honest(asked, sizeBytes)));
      });
    });
  });
  server.on('connection', () => {});
  const listener = (server as unknown as { _srv: NodeJS.EventEmitter })._srv;
  listener.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { options: { host: '127.0.0.1', port, user: 'alice', password: '-', verifyHost: () => true }, sockets };
}

/** A client of such a server, ended with the test. */
export async function scriptedClient(t: ExecutionContext, { options }: ScriptedServer): Promise<Client> {
  const client = await connect(options);
  t.teardown(() => client.quit());
  return client;
}

export const statusPacket = (id: number, code: number, text = ''): Buffer =>
  packet(u8(101), u32(id), u32(code), str(text), str(''));
export const handlePacket = (id: number, handle: string): Buffer => packet(u8(102), u32(id), str(handle));
export const dataPacket = (id: number, data: Buffer): Buffer => packet(u8(103), u32(id), str(data));
export const namesPacket = (id: number, names: readonly string[]): Buffer =>
  packet(u8(104), u32(id), u32(names.length), ...names.flatMap((name) => [str(name), str(''), attributes(4)]));
const attributesPacket = (id: number, sizeBytes: number): Buffer => packet(u8(105), u32(id), attributes(sizeBytes));

/** Of a file: size and mode. */
const attributes = (sizeBytes: number): Buffer => Buffer.concat([u32(0x01 | 0x04), u64(sizeBytes), u32(0o100644)]);

function honest({ type, id, body }: Asked, sizeBytes: number): Buffer {
  switch (type) {
    case REALPATH:
      return namesPacket(id, ['/']);
    case OPEN:
    case OPENDIR:
      return handlePacket(id, 'handle');
    case READDIR:
      return statusPacket(id, 1);
    case READ: {
      const at = 4 + body.readUInt32BE(0);
      const left = sizeBytes - Number(body.readBigUInt64BE(at));
      return left <= 0 ? statusPacket(id, 1) : dataPacket(id, Buffer.alloc(Math.min(left, body.readUInt32BE(at + 8))));
    }
    case LSTAT:
    case STAT:
    case FSTAT:
      return attributesPacket(id, sizeBytes);
    default:
      return statusPacket(id, 0);
  }
}

function serve(channel: ServerChannel, hear: (asked: Asked) => void): void {
  channel.on('error', () => {});
  const framer = createFramer(1 << 20);
  const answer = (bytes: Buffer): void => void channel.write(bytes);
  channel.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    for (let next = framer.next(); next !== undefined; next = framer.next()) {
      const type = next.readUInt8(0);
      if (type === INIT) answer(packet(u8(2), u32(3)));
      else hear({ type, id: next.readUInt32BE(1), body: next.subarray(5), channel, answer });
    }
    framer.keepRest();
  });
}
