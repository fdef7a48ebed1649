// The parts of ssh2 that it does not publish and that the guard must reach, named and checked in one place. Written
// against 1.17.0 and no other version: `checkInternals` refuses to serve with one whose parts are not where they were.

import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import ssh2, { type Connection } from 'ssh2';

export const SSH2_VERSION = '1.17.0';

/** What the guard uses of ssh2's Protocol object, one for each connection. */
export interface Protocol {
  /** Called with each decrypted message, type byte first. Taken up anew at each key exchange. */
  _onPayload: (payload: Buffer) => unknown;
  _onWrite: (data: Buffer) => void;
  /** The algorithms this side will offer; read after the peer's identification string has arrived. */
  _offer: KexInit;
  _hostKeys: Record<string, unknown>;
  disconnect(reason: number): void;
  channelOpenFail(recipient: number, reason: number, description: string): void;
}

export interface KexInit {
  readonly lists: {
    readonly kex: NameList;
    readonly serverHostKey: NameList;
    readonly cs: CipherLists;
    readonly sc: CipherLists;
  };
}

interface NameList {
  readonly array: string[];
}

interface CipherLists {
  readonly cipher: NameList;
  readonly mac: NameList;
  readonly compress: NameList;
  readonly lang: NameList;
}

/** A channel as ssh2 keeps it: either the Channel itself, or a Session that will hold one. */
export interface ChannelState {
  readonly incoming?: { readonly window: number };
  readonly _channel?: { readonly incoming: { readonly window: number } };
  readonly _chanInfo?: { readonly incoming: { readonly window: number } };
}

export interface ClientInternals {
  readonly _protocol: Protocol;
  readonly _sock: Socket;
  readonly _chanMgr: { get(id: number): ChannelState | undefined; readonly _count: number };
}

const require = createRequire(import.meta.url);
const kex = require('ssh2/lib/protocol/kex.js') as { KexInit: new (lists: unknown) => KexInit };
const crypto = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable: boolean };
const { version } = require('ssh2/package.json') as { version: string };

/** Whether ssh2's native cipher code was built when it was installed. Without it chacha20-poly1305 is five times slower. */
export const nativeCiphers: boolean = crypto.bindingAvailable;

export function internalsOf(client: Connection): ClientInternals {
  return client as unknown as ClientInternals;
}

/** The same offer, with the host key algorithms that `keep` wants. */
export function filterHostKeyAlgorithms(offer: KexInit, keep: (algorithm: string) => boolean): KexInit {
  const { lists } = offer;
  const side = (side: CipherLists): Record<string, string[]> => ({
    cipher: side.cipher.array,
    mac: side.mac.array,
    compress: side.compress.array,
    lang: side.lang.array.filter((name) => name !== ''),
  });
  return new kex.KexInit({
    kex: lists.kex.array,
    serverHostKey: lists.serverHostKey.array.filter(keep),
    cs: side(lists.cs),
    sc: side(lists.sc),
  });
}

/** @throws Error when ssh2 is not the version that the guard was written for. */
export function checkVersion(): void {
  if (version !== SSH2_VERSION) {
    throw new Error(
      `ssh2 ${version} is installed, and sshome was made for ssh2 ${SSH2_VERSION}: run \`npm ci\` to install that one`,
    );
  }
}

/** @throws Error naming the first part of ssh2 that is not where the guard expects it. */
export function checkInternals(client: Connection): void {
  const { _protocol: protocol, _sock: socket, _chanMgr: channels } = internalsOf(client);
  const parts: Record<string, boolean> = {
    '_protocol._onPayload': typeof protocol?._onPayload === 'function',
    '_protocol._onWrite': typeof protocol?._onWrite === 'function',
    '_protocol._offer.lists': Array.isArray(protocol?._offer?.lists?.serverHostKey?.array),
    '_protocol._hostKeys': typeof protocol?._hostKeys === 'object',
    '_protocol.disconnect': typeof protocol?.disconnect === 'function',
    '_protocol.channelOpenFail': typeof protocol?.channelOpenFail === 'function',
    _sock: typeof socket?.pause === 'function',
    '_chanMgr.get': typeof channels?.get === 'function',
  };
  for (const [part, isThere] of Object.entries(parts)) {
    if (!isThere) throw new Error(`ssh2 ${version} has no ${part}: sshome can't guard its connections`);
  }
}

export const Server: typeof ssh2.Server = ssh2.Server;
export const utils: typeof ssh2.utils = ssh2.utils;
