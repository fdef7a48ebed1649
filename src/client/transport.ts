// What is between the client and the wire: its offer, the post-quantum key exchange, new keys in time.

import type { Socket } from 'node:net';
import { gatherIdentification } from '../transport/identification.ts';
import { leaveTogether } from '../transport/leave-together.ts';
import { usePostQuantum } from '../transport/mlkem768x25519.ts';
import { reuseOutgoingPackets } from '../transport/outgoing-packets.ts';
import { keepRekeying, type RekeyLimits } from '../transport/rekey.ts';
import { readIntoShared } from '../transport/shared-reads.ts';
import { checkProtocol, checkVersion, type Protocol, protocolOf, socketOf } from '../transport/ssh2-protocol.ts';
import { clientOffer } from './algorithms.ts';
import { keepMessageOrder } from './message-order.ts';

/** As OpenSSH's RekeyLimit and the server's settings have them. */
const REKEY_LIMITS: RekeyLimits = { rekeyBytes: 1024 ** 3, rekeyTimeMs: 3_600_000, rekeyTimeoutMs: 60_000 };

/** More than a session's requests under way can come to. */
const MAX_WAITING_BYTES = 64 * 1024 ** 2;

// Message numbers of RFC 4250, section 4.1.2.
const KEXINIT = 20;
const USERAUTH_INFO_REQUEST = 60;
const CHANNEL_DATA = 94;

/** The least that a question takes: the length of its text, and whether to echo. */
const MIN_PROMPT_BYTES = 5;

export interface Transport {
  /** To be called when the SFTP session stands, and nothing else is on the connection. */
  sessionStands(): void;
}

/**
 * Prepares a client of ssh2 whose `connect` has just been called: nothing has been read from its socket yet.
 *
 * @throws Error when ssh2 is not the version that this was written for
 */
export function prepareTransport(by: {
  client: object;
  /** The types of key that the host is known by. */
  knownTypes: readonly string[];
  rekey: Partial<RekeyLimits>;
  onStalled: (what: string) => void;
  /** The server broke the protocol. */
  onViolation: (what: string, cause?: unknown) => void;
}): Transport {
  const { client, knownTypes, onStalled } = by;
  checkVersion();
  const socket = socketOf(client);
  gatherIdentification(socket, 'server');
  const protocol = protocolOf(client);
  checkProtocol(protocol);
  protocol._offer = clientOffer(knownTypes);
  reuseOutgoingPackets(protocol, socket);
  usePostQuantum(protocol);
  const rekeying = keepRekeying({
    protocol,
    limits: { ...REKEY_LIMITS, ...by.rekey },
    maxWaitingBytes: MAX_WAITING_BYTES,
    onStalled,
  });
  socket.once('close', () => rekeying.stop());
  keepMessageOrder(protocol, by.onViolation);
  refuseEmptyPromises(protocol, onStalled);
  const together = leaveTogether(socket);
  const write = protocol._onWrite;
  protocol._onWrite = (data) => {
    together();
    write(data);
  };
  return shareReads(socket, protocol);
}

/** Before ssh2 makes a list for as many questions as a server says it has (RFC 4256, section 3.2): 256 MiB for 25 bytes. */
function refuseEmptyPromises(protocol: Protocol, onRefused: (what: string) => void): void {
  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (payload[0] !== USERAUTH_INFO_REQUEST || !promisesTooMuch(payload)) return handle(payload);
    return onRefused('The server says that it asks more than it does');
  };
}

/** Reads the number as ssh2 does: behind three strings, of each of which that does not fit the length alone is passed over. */
function promisesTooMuch(payload: Buffer): boolean {
  let at = 1;
  for (let strings = 0; strings < 3 && payload.length - at >= 4; strings += 1) {
    const length = payload.readUInt32BE(at);
    at += 4;
    if (length <= payload.length - at) at += length;
  }
  const left = payload.length - at - 4;
  return left >= 0 && payload.readUInt32BE(at) > left / MIN_PROMPT_BYTES;
}

/**
 * What is read then lies in a buffer that is read into again. ssh2's SFTP session takes or copies the data of its channel at
 * once; other messages, parts of which ssh2 keeps, are copied.
 */
function shareReads(socket: Socket, protocol: Protocol): Transport {
  let isShared = false;
  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (!isShared) return handle(payload);
    const [type] = payload;
    const handled = handle(type === CHANNEL_DATA ? payload : Buffer.from(payload));
    // What follows goes another way; ssh2 computes with it only when the last of it is there.
    if (type === KEXINIT) copyKeyExchange(protocol);
    return handled;
  };
  return {
    sessionStands: () => {
      isShared = readIntoShared(socket, protocol);
    },
  };
}

function copyKeyExchange({ _decipher: decipher }: Protocol): void {
  if (decipher === undefined) return;
  const handle = decipher._onPayload;
  decipher._onPayload = (payload) => handle(Buffer.from(payload));
}
