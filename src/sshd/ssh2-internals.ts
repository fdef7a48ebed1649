// The parts of ssh2's server that it does not publish and that the guard must reach, named and checked in one place. Those
// that the client needs, too, are in transport/ssh2-protocol.ts.

import type { Socket } from 'node:net';
import ssh2, { type Connection, type Session } from 'ssh2';
import { checkProtocol, type Protocol, SSH2_VERSION } from '../transport/ssh2-protocol.ts';
import type { LoginAnswers } from './login-requests.ts';

export { checkVersion, nativeCiphers } from '../transport/ssh2-protocol.ts';

/** A channel as ssh2 keeps it: either the Channel itself, or a Session that will hold one. */
export interface ChannelState {
  readonly incoming?: { readonly window: number };
  readonly _channel?: { readonly incoming: { readonly window: number } };
  readonly _chanInfo?: { readonly incoming: { readonly window: number } };
}

/** What waits in a channel, both ways. */
interface ChannelQueue {
  readonly readableLength?: number;
  readonly writableLength?: number;
}

export interface ClientInternals {
  /** Once the client's identification string is there. */
  readonly _protocol: Protocol & LoginAnswers & { readonly _decipher: NonNullable<Protocol['_decipher']> };
  readonly _sock: Socket;
  readonly _chanMgr: {
    get(id: number): ChannelState | undefined;
    remove(id: number): void;
    readonly _count: number;
    readonly _channels: Readonly<Record<number, ChannelQueue & { readonly _channel?: ChannelQueue }>>;
  };
}

export function internalsOf(client: Connection): ClientInternals {
  return client as unknown as ClientInternals;
}

/** Answers a request on a session's channel with SSH_MSG_CHANNEL_FAILURE (RFC 4254, section 5.4). */
export function failRequest(client: Connection, session: Session): void {
  const { _chanInfo } = session as unknown as { readonly _chanInfo: { readonly outgoing: { readonly id: number } } };
  internalsOf(client)._protocol.channelFailure(_chanInfo.outgoing.id);
}

/**
 * Answers the close of a session's channel on which no program was started (RFC 4254, section 5.3), and gives up its
 * place. ssh2 does neither: its peer waits, and has one channel less for as long as the connection lasts.
 */
export function closeUnused(client: Connection, session: Session): void {
  const { _channel, _chanInfo } = session as unknown as {
    readonly _channel: object | undefined;
    readonly _chanInfo: { readonly incoming: { readonly id: number }; readonly outgoing: { readonly id: number } };
  };
  if (_channel !== undefined) return;
  const { _protocol: protocol, _chanMgr: channels } = internalsOf(client);
  channels.remove(_chanInfo.incoming.id);
  protocol.channelClose(_chanInfo.outgoing.id);
}

/** Bytes that wait in the channels of a connection, to be read by us or to be sent. */
export function queuedInChannels(client: Connection): number {
  let bytes = 0;
  for (const entry of Object.values(internalsOf(client)._chanMgr._channels)) {
    const { readableLength = 0, writableLength = 0 } = entry._channel ?? entry;
    bytes += readableLength + writableLength;
  }
  return bytes;
}

/** @throws Error naming the first part of ssh2 that is not where the guard expects it. */
export function checkInternals(client: Connection): void {
  const { _protocol: protocol, _sock: socket, _chanMgr: channels } = internalsOf(client);
  checkProtocol(protocol);
  const parts: Record<string, boolean> = {
    '_protocol._decipher._onPayload': typeof protocol._decipher?._onPayload === 'function',
    '_protocol._authsQueue': Array.isArray(protocol._authsQueue),
    '_protocol.authFailure': typeof protocol.authFailure === 'function',
    '_protocol.authSuccess': typeof protocol.authSuccess === 'function',
    '_protocol.authPKOK': typeof protocol.authPKOK === 'function',
    '_protocol.authInfoReq': typeof protocol.authInfoReq === 'function',
    '_protocol._decipher._packet': '_packet' in protocol._decipher,
    _sock: typeof socket?.pause === 'function',
    '_chanMgr.get': typeof channels?.get === 'function',
    '_chanMgr.remove': typeof channels?.remove === 'function',
    '_chanMgr._channels': typeof channels?._channels === 'object',
  };
  for (const [part, isThere] of Object.entries(parts)) {
    if (!isThere) throw new Error(`ssh2 ${SSH2_VERSION} has no ${part}: sshome can't guard its connections`);
  }
}

export const Server: typeof ssh2.Server = ssh2.Server;
export const utils: typeof ssh2.utils = ssh2.utils;
