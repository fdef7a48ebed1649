// X25519 (RFC 7748) with keys as SSH sends them: 32 bytes. Node is handed them, and gives them out, as JWK: by way of DER, as
// ssh2 has it, they are read and written ten times as slowly, and that takes longer than to make a key and agree on a secret.

import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';

export const X25519_KEY_BYTES = 32;

export interface X25519Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function newPair(): X25519Pair {
  return generateKeyPairSync('x25519');
}

/** The 32 bytes of a public key. */
export function rawKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  if (x === undefined) throw new Error('this is not a key of X25519');
  return Buffer.from(x, 'base64url');
}

/** The secret. @throws Error for a key of another length, or one whose secret would be all zeros (RFC 8731, section 3) */
export function agree({ privateKey }: X25519Pair, peer: Buffer): Buffer {
  const key = { kty: 'OKP', crv: 'X25519', x: peer.toString('base64url') };
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'jwk' }) });
}
