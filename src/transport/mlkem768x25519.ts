// The key exchange mlkem768x25519-sha256 of draft-ietf-sshm-mlkem-hybrid-kex (OpenSSH 9.9 and later): what the two sides
// compute, and how ssh2, which does not know it, is made to use that. Section numbers alone are those of the draft.

import { createHash } from 'node:crypto';
import { POST_QUANTUM_KEX } from '../model/algorithms.ts';
import { CIPHERTEXT_BYTES, ENCAPSULATION_KEY_BYTES, type MlKem, mlKem } from './ml-kem.ts';
import type { KexInit, KeyExchange, Protocol } from './ssh2-protocol.ts';
import { encodeMpint, encodeStrings, readString } from './wire.ts';
import { agree, newPair, rawKey, X25519_KEY_BYTES, type X25519Pair } from './x25519.ts';

/** What both sides take from outside, so that known answers can be tested. */
export interface HybridParts {
  readonly kem?: MlKem;
  readonly pair?: X25519Pair;
}

export interface HybridClient {
  /** C_INIT = C_PK2 || C_PK1: the encapsulation key and the X25519 key (section 2.1). */
  readonly init: Buffer;
  /** K from the server's S_REPLY. @throws Error for one that can't be right */
  secretFrom(reply: Buffer): Buffer;
}

/** The client's side: makes its keys (section 2.1). */
export function startHybrid({ kem = mlKem, pair = newPair() }: HybridParts = {}): HybridClient {
  const key = kem.generateKey();
  return {
    init: Buffer.concat([key.encapsulationKey, rawKey(pair.publicKey)]),
    secretFrom: (reply) => {
      const [ciphertext, serverKey] = splitExactly(reply, CIPHERTEXT_BYTES, 'S_REPLY');
      return combine(key.decapsulate(ciphertext), agree(pair, serverKey));
    },
  };
}

/**
 * The server's side: S_REPLY = S_CT2 || S_PK1, the ciphertext and the X25519 key, and K (section 2.1).
 *
 * @throws Error for a C_INIT of a wrong length, an encapsulation key that fails the check of FIPS 203, section 7.2, or an
 * X25519 key that gives a secret of zeros (RFC 8731, section 3)
 */
export function answerHybrid(
  init: Buffer,
  { kem = mlKem, pair = newPair() }: HybridParts = {},
): { readonly reply: Buffer; readonly secret: Buffer } {
  const [encapsulationKey, clientKey] = splitExactly(init, ENCAPSULATION_KEY_BYTES, 'C_INIT');
  const { ciphertext, secret } = kem.encapsulate(encapsulationKey);
  return {
    reply: Buffer.concat([ciphertext, rawKey(pair.publicKey)]),
    secret: combine(secret, agree(pair, clientKey)),
  };
}

/** K = SHA-256(K_PQ || K_CL) (sections 2.3.3 and 2.4). It is hashed as a string, and not as an mpint as other secrets are. */
function combine(postQuantum: Buffer, classical: Buffer): Buffer {
  return createHash('sha256').update(postQuantum).update(classical).digest();
}

function splitExactly(message: Buffer, firstBytes: number, name: string): [Buffer, Buffer] {
  const expected = firstBytes + X25519_KEY_BYTES;
  if (message.length !== expected) throw new Error(`${name} has ${message.length} bytes instead of ${expected}`);
  return [message.subarray(0, firstBytes), message.subarray(firstBytes)];
}

/** The exchange that ssh2 knows and that sends the same two messages (numbers 30 and 31, section 2.2). */
const STAND_IN = 'curve25519-sha256';

const KEXINIT = 20;
/** A KEXINIT has its type and a cookie before the first list. */
const LISTS_AT = 17;

/** The names of X25519 alone (RFC 8731). */
const CLASSICAL: ReadonlySet<string | undefined> = new Set(['curve25519-sha256', 'curve25519-sha256@libssh.org']);

/**
 * Makes a connection of ssh2 serve or use the exchange, if its offer names it: to be called before the peer's
 * identification string is worked on, or while it is. X25519 alone is computed here, too, as ssh2 takes longer for it.
 *
 * Where both sides come to this method, ssh2 is shown a KEXINIT and an offer in which it and curve25519-sha256 have changed
 * their names, so that it negotiates as ever and makes an exchange over X25519. Then that exchange gets the real KEXINIT
 * back, which the exchange hash is over, and the three computations of this method in place of its own.
 */
export function usePostQuantum(protocol: Protocol): void {
  const wasHeader = protocol._onHeader;
  if (protocol._decipher === undefined) {
    protocol._onHeader = (header) => {
      showFirstKexInit(protocol);
      wasHeader.call(protocol, header);
    };
  } else {
    showFirstKexInit(protocol);
  }
  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => takeKexInit(protocol, payload, handle);
}

/** The first KEXINIT goes another way than those of later exchanges. */
function showFirstKexInit(protocol: Protocol): void {
  const decipher = protocol._decipher;
  if (decipher === undefined) throw new Error('ssh2 has no decipher for the first key exchange');
  const handle = decipher._onPayload;
  decipher._onPayload = (payload) => takeKexInit(protocol, payload, handle);
}

function takeKexInit(protocol: Protocol, payload: Buffer, handle: (payload: Buffer) => unknown): unknown {
  const offer = protocol._offer;
  const method = payload[0] === KEXINIT ? chosenMethod(protocol, payload) : undefined;
  if (CLASSICAL.has(method)) return takeClassical(protocol, payload, handle);
  if (method !== POST_QUANTUM_KEX) return handle(payload);
  protocol._offer = withNamesChanged(offer);
  const done = onNextExchange(protocol, (exchange) => replaceComputations(exchange, payload, protocol._server));
  try {
    return handle(withNamesChangedIn(payload));
  } finally {
    protocol._offer = offer;
    done();
  }
}

function takeClassical(protocol: Protocol, payload: Buffer, handle: (payload: Buffer) => unknown): unknown {
  const done = onNextExchange(protocol, computeClassical);
  try {
    return handle(payload);
  } finally {
    done();
  }
}

/** What the two lists lead to: the first of the client's that the server has, too (RFC 4253, section 7.1). */
function chosenMethod(protocol: Protocol, kexInit: Buffer): string | undefined {
  const remote = readString(kexInit, LISTS_AT)?.toString('latin1').split(',') ?? [];
  const local = protocol._offer.lists.kex.array;
  const [client, server] = protocol._server ? [remote, local] : [local, remote];
  return client.find((name) => server.includes(name));
}

function changedName(name: string): string {
  if (name === POST_QUANTUM_KEX) return STAND_IN;
  return name === STAND_IN ? POST_QUANTUM_KEX : name;
}

/** The same offer to send, another to negotiate by. */
function withNamesChanged(offer: KexInit): KexInit {
  const kex = { ...offer.lists.kex, array: offer.lists.kex.array.map(changedName) };
  return Object.assign(Object.create(Object.getPrototypeOf(offer)), offer, { lists: { ...offer.lists, kex } });
}

function withNamesChangedIn(kexInit: Buffer): Buffer {
  const list = readString(kexInit, LISTS_AT);
  if (list === undefined) return kexInit;
  const names = list.toString('latin1').split(',').map(changedName);
  return Buffer.concat([
    kexInit.subarray(0, LISTS_AT),
    encodeStrings([names.join(',')]),
    kexInit.subarray(LISTS_AT + 4 + list.length),
  ]);
}

/** Calls `use` with the exchange that ssh2 makes next, before it sends anything; until the function returned is called. */
function onNextExchange(protocol: Protocol, use: (exchange: KeyExchange) => void): () => void {
  let current = protocol._kex;
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (exchange: KeyExchange) => {
      current = exchange;
      use(exchange);
    },
  });
  return () => Object.defineProperty(protocol, '_kex', { value: current, writable: true });
}

function computeClassical(exchange: KeyExchange): void {
  const pair = newPair();
  exchange.getPublicKey = () => rawKey(pair.publicKey);
  exchange.computeSecret = (peer) => orError(() => encodeMpint(agree(pair, peer)));
}

function replaceComputations(exchange: KeyExchange, kexInit: Buffer, isServer: boolean): void {
  exchange._remoteKexinit = kexInit;
  exchange.negotiated.kex = POST_QUANTUM_KEX;
  exchange.convertPublicKey = (key) => key;
  if (isServer) {
    let reply: Buffer | undefined;
    exchange.computeSecret = (init) =>
      orError(() => {
        const answer = answerHybrid(init);
        reply = answer.reply;
        return answer.secret;
      });
    exchange.getPublicKey = () => {
      if (reply === undefined) throw new Error('ssh2 wants the reply before the secret is computed');
      return reply;
    };
  } else {
    const client = startHybrid();
    exchange.getPublicKey = () => client.init;
    exchange.computeSecret = (reply) => orError(() => client.secretFrom(reply));
  }
}

function orError(compute: () => Buffer): Buffer | Error {
  try {
    return compute();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
