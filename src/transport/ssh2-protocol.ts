// The Protocol object of ssh2, one for each connection of either side: the parts of it that ssh2 does not publish, named
// and checked in one place. Written against 1.17.0 and no other version.

import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

export const SSH2_VERSION = '1.17.0';

/** What is used of ssh2's Protocol. */
export interface Protocol {
  /** Called with each decrypted message, type byte first. Taken up anew at each key exchange. */
  _onPayload: (payload: Buffer) => unknown;
  _onWrite: (data: Buffer) => void;
  /** The peer's identification string is there; the first KEXINIT comes after that. */
  _onHeader: (header: unknown) => void;
  /** Both NEWKEYS are exchanged. Sends what has waited, EXT_INFO and, on a client, the request to log in. */
  _onHandshakeComplete: (negotiated: unknown) => void;
  /** The algorithms this side will offer; read after the peer's identification string has arrived. */
  _offer: KexInit;
  /** The exchange under way or done last; undefined before the first. */
  _kex: KeyExchange | undefined;
  /** The KEXINIT of this side while an exchange is under way. */
  readonly _kexinit: Buffer | undefined;
  /** Packets that wait for the exchange to end. */
  readonly _queue: readonly Uint8Array[] | undefined;
  /** Takes messages apart; has its own path for them during the first exchange. */
  readonly _decipher: Decipher | undefined;
  /** Makes packets of what is sent; another one after each key exchange. */
  readonly _cipher: PacketCipher;
  /** The methods of the requests to log in that have no answer yet. */
  readonly _authsQueue: readonly string[];
  readonly _server: boolean;
  readonly _authenticated: boolean;
  readonly _packetRW: { readonly write: PacketWriter };
  _hostKeys: Record<string, unknown>;
  rekey(): void;
  disconnect(reason: number): void;
  requestSuccess(data?: Buffer): void;
  requestFailure(): void;
  channelOpenFail(recipient: number, reason: number, description: string): void;
  channelFailure(recipient: number): void;
  channelClose(recipient: number): void;
  channelWindowAdjust(recipient: number, bytes: number): void;
}

/** One key exchange; the methods are those that its kind of exchange differs in. */
export interface KeyExchange {
  readonly negotiated: { kex: string; serverHostKey: string };
  readonly sessionID: Buffer | undefined;
  /** Whether the client has asked for EXT_INFO. */
  remoteExtInfoEnabled: boolean;
  /** The peer's KEXINIT, for the exchange hash. */
  _remoteKexinit: Buffer;
  getPublicKey(): Buffer;
  convertPublicKey(key: Buffer): Buffer;
  /** An error makes ssh2 end the connection. */
  computeSecret(peer: Buffer): Buffer | Error;
}

/** Of the class that ssh2 has for a kind of cipher. */
interface Decipher {
  _onPayload: (payload: Buffer) => unknown;
  /** The body of the packet that is arriving, or the part of the chunk that is the whole of it. */
  _packet: Uint8Array | null | undefined;
}

/** Of the class that ssh2 has for a kind of cipher. */
interface PacketCipher {
  /** A packet for a payload of this length, complete but for that and the tag. Once it is encrypted it is written. */
  allocPacket: (payloadBytes: number) => Buffer;
  _onWrite: (data: Buffer) => void;
}

interface PacketWriter {
  readonly allocStart: number;
  alloc(sizeBytes: number): Uint8Array;
  finalize(packet: Uint8Array): Uint8Array;
}

/** An offer: `lists` is what ssh2 negotiates by, and a copy in wire form is what it sends. */
export interface KexInit {
  readonly lists: {
    readonly kex: NameList;
    readonly serverHostKey: NameList;
    readonly cs: DirectionLists;
    readonly sc: DirectionLists;
  };
}

interface NameList {
  readonly array: readonly string[];
}

interface DirectionLists {
  readonly cipher: NameList;
  readonly mac: NameList;
  readonly compress: NameList;
  readonly lang: NameList;
}

const require = createRequire(import.meta.url);
const { KexInit: Offer } = require('ssh2/lib/protocol/kex.js') as { KexInit: new (lists: unknown) => KexInit };
const crypto = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable: boolean };
const { sendPacket } = require('ssh2/lib/protocol/utils.js') as {
  sendPacket: (protocol: Protocol, packet: Uint8Array) => void;
};
/** Whether ssh2 would write to this socket. */
export const isWritable: (socket: Socket) => boolean = (
  require('ssh2/lib/utils.js') as { isWritable: (socket: Socket) => boolean }
).isWritable;
const { version } = require('ssh2/package.json') as { version: string };

/** Whether ssh2's native cipher code was built when it was installed. Without it chacha20-poly1305 is five times slower. */
export const nativeCiphers: boolean = crypto.bindingAvailable;

/** The Protocol and the socket of a connection, once it has them. */
export function protocolOf(connection: object): Protocol {
  return (connection as { _protocol: Protocol })._protocol;
}

export function socketOf(connection: object): Socket {
  return (connection as { _sock: Socket })._sock;
}

/** An offer of these names, the same in both directions. `kex` includes the marks that are no algorithms. */
export function createOffer(names: {
  kex: readonly string[];
  hostKeyAlgorithms: readonly string[];
  ciphers: readonly string[];
  macs: readonly string[];
}): KexInit {
  // zlib in ssh2 inflates without limit before login, and ends the process on a reset connection.
  const direction = { cipher: names.ciphers, mac: names.macs, compress: ['none'], lang: [] };
  return new Offer({ kex: names.kex, serverHostKey: names.hostKeyAlgorithms, cs: direction, sc: direction });
}

/** Sends one message, or lets it wait for the end of a key exchange. */
export function sendMessage(protocol: Protocol, message: Uint8Array): void {
  const { write } = protocol._packetRW;
  const start = write.allocStart;
  const packet = write.alloc(message.length);
  packet.set(message, start);
  sendPacket(protocol, write.finalize(packet));
}

/** @throws Error when ssh2 is not the version that this was written for. */
export function checkVersion(installed: string = version): void {
  if (installed !== SSH2_VERSION) {
    throw new Error(
      `ssh2 ${installed} is installed, and sshome was made for ssh2 ${SSH2_VERSION}: run \`npm ci\` to install that one`,
    );
  }
}

/** @throws Error naming the first part of ssh2 that is not where it was in the version this was written for. */
export function checkProtocol(protocol: Protocol): void {
  const isFunction = (part: unknown): boolean => typeof part === 'function';
  const parts: Record<string, boolean> = {
    _onPayload: isFunction(protocol?._onPayload),
    _onWrite: isFunction(protocol?._onWrite),
    _onHeader: isFunction(protocol?._onHeader),
    _onHandshakeComplete: isFunction(protocol?._onHandshakeComplete),
    '_offer.lists': Array.isArray(protocol?._offer?.lists?.kex?.array),
    _kex: '_kex' in protocol,
    _kexinit: '_kexinit' in protocol,
    _queue: '_queue' in protocol,
    _decipher: '_decipher' in protocol,
    '_cipher.allocPacket': isFunction(protocol?._cipher?.allocPacket),
    '_cipher._onWrite': isFunction(protocol?._cipher?._onWrite),
    _authsQueue: Array.isArray(protocol?._authsQueue),
    _server: typeof protocol?._server === 'boolean',
    _authenticated: typeof protocol?._authenticated === 'boolean',
    '_packetRW.write': isFunction(protocol?._packetRW?.write?.alloc),
    rekey: isFunction(protocol?.rekey),
    disconnect: isFunction(protocol?.disconnect),
    requestSuccess: isFunction(protocol?.requestSuccess),
    requestFailure: isFunction(protocol?.requestFailure),
    channelOpenFail: isFunction(protocol?.channelOpenFail),
    channelClose: isFunction(protocol?.channelClose),
    channelWindowAdjust: isFunction(protocol?.channelWindowAdjust),
  };
  for (const [part, isThere] of Object.entries(parts)) {
    if (!isThere) throw new Error(`ssh2 ${version} has no _protocol.${part}: sshome can't guard its connections`);
  }
}
