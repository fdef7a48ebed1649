// Stands between the wire and ssh2, and refuses what ssh2 takes but no honest client sends. It reads each message
// before ssh2 does, and bounds what waits to be sent.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Connection, ServerChannel } from 'ssh2';
import type { Pressure } from '../sftp/session.ts';
import { leaveTogether } from '../transport/leave-together.ts';
import type { Rekeying } from '../transport/rekey.ts';
import { readIntoShared } from '../transport/shared-reads.ts';
import { holdDuringKeyExchange } from './key-exchange-hold.ts';
import { paceKeyExchanges } from './key-exchange-pace.ts';
import { orderLoginRequests } from './login-requests.ts';
import type { Reading } from './reading.ts';
import { RoundTrip } from './round-trip.ts';
import { type ClientInternals, internalsOf } from './ssh2-internals.ts';
import { joinUnreadPieces } from './unread-pieces.ts';
import { openUploadWindow, pressureOn, type UploadWindow, windowFor } from './upload-window.ts';

// Message numbers of RFC 4250, section 4.1.2.
const DISCONNECT = 1;
const KEXINIT = 20;
const USERAUTH_REQUEST = 50;
const USERAUTH_INFO_RESPONSE = 61;
const GLOBAL_REQUEST = 80;
const CHANNEL_OPEN = 90;
const CHANNEL_DATA = 94;
const CHANNEL_CLOSE = 97;
const CHANNEL_REQUEST = 98;

/** What servers alone send: SERVICE_ACCEPT, USERAUTH_FAILURE, _SUCCESS, _BANNER and _INFO_REQUEST (RFC 4252, RFC 4256). */
const OF_SERVERS: ReadonlySet<number | undefined> = new Set([6, 51, 52, 53, 60]);

const PROTOCOL_ERROR = 2;
const OPEN_RESOURCE_SHORTAGE = 4;

/** ssh2 loops for ever on a channel whose maximum packet is 0; no client asks for less than 32 KiB. */
const MIN_PACKET_BYTES = 1024;

export interface TransportGuardParts {
  readonly client: Connection;
  readonly rekeying: Rekeying;
  readonly isAuthenticated: () => boolean;
  /** Channels that one connection may have open at a time. */
  readonly maxChannels: number;
  /** Key exchanges that the peer may begin in a second after the login, above which they wait. */
  readonly rekeysPerSecond: number;
  /** Above this many bytes that the peer has not read, nothing more is read from it. */
  readonly maxUnsentBytes: number;
  /** How much a client may send ahead at most on a channel that takes uploads. */
  readonly windowBytes: number;
  readonly reading: Reading;
  /** The peer broke the protocol; the connection is being closed. */
  readonly onViolation: (what: string) => void;
  /** The peer has said that it is leaving; nothing more that it sends is looked at. */
  readonly onDisconnect: () => void;
  /** The peer closed one of its channels, by our number. */
  readonly onChannelClosed: (id: number) => void;
}

export interface TransportGuard {
  /** To be called when the client is logged in. */
  loggedIn(): void;
  /**
   * Opens a channel wide, and promises that whoever listens for its data looks at none of it after the event: it lies in
   * memory that is used again. Returns how its client is made to wait.
   */
  takesUploads(channel: ServerChannel): Pressure;
  /** The bytes of the command of the `exec` request being handled now; ssh2 has only what is left after UTF-8. */
  readonly execCommand: () => Buffer | undefined;
  /** When the peer last did something with a channel, on the clock of `performance.now()`. */
  readonly lastActivityMs: () => number;
  /** Calls `ready` as soon as the socket has little left to send. */
  whenDrained(ready: () => void): void;
}

/** To be called once for each connection, before its first key exchange. */
export function guardTransport(parts: TransportGuardParts): TransportGuard {
  const { client, isAuthenticated, maxUnsentBytes, reading, onViolation } = parts;
  const internals = internalsOf(client);
  const { _protocol: protocol, _sock: socket } = internals;
  let isOver = false;
  let readsShared = false;
  const uploads = createUploads();
  const pieces = joinUnreadPieces();
  let command: Buffer | undefined;
  let lastActivityMs = performance.now();
  const roundTrip = new RoundTrip();

  const violation = (what: string): void => {
    if (isOver) return;
    isOver = true;
    onViolation(what);
    protocol.disconnect(PROTOCOL_ERROR);
    socket.end();
  };

  const handle = protocol._onPayload;
  const logins = orderLoginRequests({
    protocol,
    handle: (payload) => {
      if (!isOver) handle(payload);
    },
    onTooMany: () => violation('too many requests to log in at once'),
  });
  const beginRekey = (payload: Buffer): unknown => {
    const handled = handle(payload);
    holdDuringKeyExchange(client, violation);
    return handled;
  };
  const pace = paceKeyExchanges({
    perSecond: parts.rekeysPerSecond,
    begin: beginRekey,
    goOn: (payload) => void internals._protocol._decipher._onPayload(payload),
    onError: (error) => {
      client.emit('error', error);
      socket.end();
    },
    onViolation: violation,
  });
  socket.once('close', () => pace.stop());
  protocol._onPayload = (payload) => {
    // Messages that were read in the same chunk as the one that ended the connection are not looked at any more.
    if (isOver) return undefined;
    if (isAuthenticated() && pace.holds(payload, protocol._kexinit !== undefined)) return undefined;
    const type = payload[0];
    roundTrip.received(type);
    if (type === DISCONNECT) {
      isOver = true;
      handle(payload);
      return parts.onDisconnect();
    }
    // ssh2 crosses the login under way off its list then, and throws when that is to be answered.
    if (OF_SERVERS.has(type)) return violation(`message ${type} is no client's`);
    // Whoever is logged in may have asked again before he knew (RFC 4252, section 5.1).
    if (type === USERAUTH_REQUEST) return isAuthenticated() ? undefined : logins.take(payload);
    if (type === USERAUTH_INFO_RESPONSE && promisesTooMuch(payload)) return violation('answers that are not there');
    if (type !== undefined && type >= GLOBAL_REQUEST) {
      if (type >= CHANNEL_OPEN) lastActivityMs = performance.now();
      if (!isAuthenticated()) return violation(`message ${type} before login`);
      if (type === CHANNEL_OPEN && refuseChannel(payload, internals, parts.maxChannels)) return undefined;
      if (type === CHANNEL_DATA && overrunsWindow(payload, internals)) return violation('data beyond the window');
      if (type === CHANNEL_CLOSE && payload.length >= 5) parts.onChannelClosed(payload.readUInt32BE(1));
      if (type === CHANNEL_REQUEST) command = readExecCommand(payload);
    }
    // It may lie in a buffer that others read into next (shared-reads.ts), and ssh2 keeps parts of messages.
    const upload = type === CHANNEL_DATA ? uploads.of(payload, internals) : undefined;
    const isTakenAtOnce = upload !== undefined && emitsAtOnce(upload.channel);
    const message = isTakenAtOnce || !readsShared ? payload : Buffer.from(payload);
    if (type === KEXINIT && isAuthenticated()) return beginRekey(message);
    const handled = handle(message);
    upload?.window.received();
    if (type === CHANNEL_DATA) pieces.received(channelOf(payload, internals));
    return handled;
  };

  // What one message of the peer leads to leaves in one piece, as from OpenSSH: PuTTY's pscp stands still after a key
  // exchange until something arrives if NEWKEYS did not come together with the answer before it.
  const together = leaveTogether(socket);
  const whenDrained = drainOf(socket, maxUnsentBytes);
  let isFull = false;
  const write = protocol._onWrite;
  protocol._onWrite = (data) => {
    together();
    write(data);
    roundTrip.sent();
    pace.moved(data.length);
    if (socket.writableLength > maxUnsentBytes && socket.writableNeedDrain && !isFull) {
      isFull = true;
      reading.stop('unsent');
      whenDrained(() => {
        isFull = false;
        reading.goOn('unsent');
      });
    }
  };

  // The first key exchange is sent by a cipher that is none, and has kept the way to write that it was made with.
  protocol._cipher._onWrite = (data) => protocol._onWrite(data);

  return {
    takesUploads: (channel) => {
      const windowBytes = windowFor(roundTrip.leastMs, parts.windowBytes);
      uploads.add(channel, openUploadWindow({ channel, protocol, reading, windowBytes }));
      return pressureOn({ channel, reading, isAlone: () => internals._chanMgr._count === 1 });
    },
    loggedIn: () => {
      readsShared = readIntoShared(socket, protocol);
    },
    execCommand: () => command,
    lastActivityMs: () => lastActivityMs,
    // What is sent during a key exchange waits in ssh2, and not in the socket.
    whenDrained: (ready) => parts.rekeying.whenDone(() => whenDrained(ready)),
  };
}

/**
 * Calls `ready` at once where little waits in the socket, or when that has been emptied: never after its end. One listener
 * for all. A socket with less than its high-water mark to send is never said to have been emptied.
 */
function drainOf(socket: Socket, maxUnsentBytes: number): (ready: () => void) => void {
  let waiting: Array<() => void> = [];
  socket.on('drain', () => {
    const drained = waiting;
    waiting = [];
    for (const ready of drained) ready();
  });
  return (ready) => {
    const isComing = socket.writableNeedDrain || socket.writableEnded;
    if (socket.writableLength <= maxUnsentBytes / 2 || socket.destroyed || !isComing) ready();
    else waiting.push(ready);
  };
}

/** Whether there is no room for as many answers as a client says it gives (RFC 4256, section 3.4): ssh2 makes room first. */
function promisesTooMuch(payload: Buffer): boolean {
  return payload.length >= 5 && payload.readUInt32BE(1) > (payload.length - 5) / 4;
}

/** Answers a CHANNEL_OPEN (RFC 4254, section 5.1) that ssh2 must not see; false leaves it to ssh2. */
function refuseChannel(payload: Buffer, { _protocol, _chanMgr }: ClientInternals, maxChannels: number): boolean {
  const typeLength = payload.length >= 5 ? payload.readUInt32BE(1) : 0;
  const at = 5 + typeLength;
  if (payload.length < at + 12) return false;
  const sender = payload.readUInt32BE(at);
  const maxPacketBytes = payload.readUInt32BE(at + 8);
  if (maxPacketBytes >= MIN_PACKET_BYTES && _chanMgr._count < maxChannels) return false;
  const why = maxPacketBytes < MIN_PACKET_BYTES ? 'maximum packet size too small' : 'too many channels';
  _protocol.channelOpenFail(sender, OPEN_RESOURCE_SHORTAGE, why);
  return true;
}

interface Upload {
  readonly channel: ServerChannel;
  readonly window: UploadWindow;
}

/** The channels that take uploads, found by the messages that are for them. */
function createUploads() {
  const windows = new WeakMap<object, UploadWindow>();
  return {
    add: (channel: ServerChannel, window: UploadWindow): void => {
      windows.set(channel, window);
    },
    of: (payload: Buffer, internals: ClientInternals): Upload | undefined => {
      const channel = channelOf(payload, internals);
      const window = channel === undefined ? undefined : windows.get(channel);
      return window === undefined ? undefined : { channel: channel as ServerChannel, window };
    },
  };
}

/** The channel that a message of data is for, or what ssh2 has of it so far. */
function channelOf(payload: Buffer, { _chanMgr }: ClientInternals): object | undefined {
  const entry = payload.length < 9 ? undefined : _chanMgr.get(payload.readUInt32BE(1));
  return entry?._channel ?? entry;
}

/** Whether what is pushed next is emitted within the call, and not put into the stream's buffer. */
function emitsAtOnce(stream: Readable): boolean {
  const { sync } = (stream as unknown as { readonly _readableState: { readonly sync: boolean } })._readableState;
  return stream.readableFlowing === true && stream.readableLength === 0 && !sync;
}

/** Whether CHANNEL_DATA (RFC 4254, section 5.2) holds more than the window allows; ssh2 checks for 0 only. */
function overrunsWindow(payload: Buffer, { _chanMgr }: ClientInternals): boolean {
  if (payload.length < 9) return false;
  const channel = _chanMgr.get(payload.readUInt32BE(1));
  const incoming = channel?._channel?.incoming ?? channel?._chanInfo?.incoming ?? channel?.incoming;
  return incoming !== undefined && payload.readUInt32BE(5) > incoming.window;
}

/** The command of an `exec` request (RFC 4254, section 6.5), as bytes; undefined for any other request. */
function readExecCommand(payload: Buffer): Buffer | undefined {
  const typeLength = payload.length >= 9 ? payload.readUInt32BE(5) : 0;
  const at = 9 + typeLength + 1;
  if (payload.length < at + 4 || payload.toString('latin1', 9, 9 + typeLength) !== 'exec') return undefined;
  const length = payload.readUInt32BE(at);
  return payload.length < at + 4 + length ? undefined : Buffer.from(payload.subarray(at + 4, at + 4 + length));
}
