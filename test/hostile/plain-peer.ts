// A peer that speaks SSH by hand, up to the first NEWKEYS: packets without encryption (RFC 4253, section 6), in any order
// and with any lie in them.

import { connect, type Socket } from 'node:net';
import { encodeStrings } from '../../src/transport/wire.ts';
import type { TestServer } from '../helpers/server.ts';

export const MESSAGE = {
  disconnect: 1,
  ignore: 2,
  unimplemented: 3,
  debug: 4,
  serviceRequest: 5,
  extInfo: 7,
  kexInit: 20,
  newKeys: 21,
  kexInitial: 30,
  kexReply: 31,
  userauthRequest: 50,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthBanner: 53,
  userauthInfoRequest: 60,
  userauthInfoResponse: 61,
  globalRequest: 80,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelData: 94,
  channelRequest: 98,
  ping: 192,
} as const;

export interface PlainPeer {
  readonly socket: Socket;
  /** Sends messages, each as an honest packet. */
  send(...messages: readonly Buffer[]): void;
  /** Sends bytes as they are. */
  write(bytes: Buffer | string): void;
  /** The types of the messages that the server has sent. */
  readonly received: readonly number[];
  /** The server's KEXINIT, once it is there. */
  kexInit(): Buffer | undefined;
  /** Resolves when the server has ended or cut the connection. */
  readonly closed: Promise<void>;
  /** Resolves when a message of the type has come, or the connection is closed. */
  until(type: number): Promise<void>;
}

/** A peer that has sent its identification string, if it is given one. */
export function plainPeer(
  server: Pick<TestServer, 'host' | 'port'>,
  { identification = 'SSH-2.0-attack\r\n', localAddress }: { identification?: string; localAddress?: string } = {},
): PlainPeer {
  const socket = connect({ host: server.host, port: server.port, ...(localAddress && { localAddress }) });
  socket.on('error', () => {});
  if (identification !== '') socket.write(identification);
  const received: number[] = [];
  let kexInit: Buffer | undefined;
  let waiting = Buffer.alloc(0);
  let hasGreeted = false;
  let listeners: Array<() => void> = [];
  const told = (): void => {
    for (const listener of listeners) listener();
  };
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (!hasGreeted) {
      const end = waiting.indexOf('\n');
      if (end < 0) return;
      hasGreeted = true;
      waiting = waiting.subarray(end + 1);
    }
    // What comes after NEWKEYS is encrypted.
    while (waiting.length >= 5 && !received.includes(MESSAGE.newKeys)) {
      const length = waiting.readUInt32BE(0);
      if (waiting.length < 4 + length) break;
      const payload = waiting.subarray(5, 4 + length - waiting.readUInt8(4));
      waiting = waiting.subarray(4 + length);
      if (payload[0] === MESSAGE.kexInit) kexInit = payload;
      received.push(payload[0] ?? -1);
    }
    told();
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
      told();
    });
  });
  return {
    socket,
    send: (...messages) => {
      for (const message of messages) socket.write(plainPacket(message));
    },
    write: (bytes) => void socket.write(bytes),
    received,
    kexInit: () => kexInit,
    closed,
    until: (type) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!received.includes(type) && !socket.closed) return;
          listeners = listeners.filter((listener) => listener !== check);
          resolve();
        };
        listeners.push(check);
        check();
      }),
  };
}

/** A packet as it should be, or with another length or padding length in its head. */
export function plainPacket(payload: Buffer, lie: { length?: number; padding?: number } = {}): Buffer {
  const toBlock = 8 - ((payload.length + 5) % 8);
  const padding = toBlock < 4 ? toBlock + 8 : toBlock;
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(lie.length ?? packet.length - 4, 0);
  packet.writeUInt8(lie.padding ?? padding, 4);
  packet.set(payload, 5);
  return packet;
}

/** A message: its type, then its fields. */
export function message(type: number, ...fields: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([type]), ...fields]);
}

/** KEXINIT (RFC 4253, section 7.1) of a client, with strict key exchange unless told. */
export function kexInitOf({
  kex = 'curve25519-sha256',
  compression = 'none',
  isStrict = true,
}: {
  kex?: string;
  compression?: string;
  isStrict?: boolean;
} = {}): Buffer {
  const cipher = 'aes128-gcm@openssh.com';
  const mac = 'hmac-sha2-256-etm@openssh.com';
  const lists = [
    isStrict ? `${kex},kex-strict-c-v00@openssh.com` : kex,
    'ssh-ed25519,rsa-sha2-512',
    ...[cipher, cipher, mac, mac, compression, compression, '', ''],
  ];
  return message(MESSAGE.kexInit, Buffer.alloc(16, 7), encodeStrings(lists), Buffer.alloc(5));
}

/** The client's public key of an exchange (RFC 5656, section 4). */
export function kexInitialOf(publicKey: Uint8Array): Buffer {
  return message(MESSAGE.kexInitial, encodeStrings([publicKey]));
}
