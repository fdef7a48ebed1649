// Whether a user's signature is that of the key which was offered.

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { PublicKeyAuthContext } from 'ssh2';
import { decodeStrings } from '../transport/wire.ts';
import { utils } from './ssh2-internals.ts';

/** Whether the signature was made by the very key that was offered, with a hash stronger than SHA-1. */
export function isSignedByKey({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
  if (blob === undefined || signature === undefined) return false;
  if (key.algo === 'ssh-rsa' && hashAlgo === undefined) return false;
  if (key.algo === 'ssh-ed25519') {
    const ready = ed25519Key(key.data);
    return ready !== undefined && verify(null, blob, ready, signature);
  }
  const parsed = utils.parseKey(key.data);
  if (parsed instanceof Error) return false;
  return parsed.verify(blob, signature, hashAlgo) === true;
}

/** The key of a blob (RFC 8709, section 4). ssh2 would hand it to Node as PEM, to read which takes as long as to verify. */
function ed25519Key(blob: Buffer): KeyObject | undefined {
  const [type, key, ...more] = decodeStrings(blob) ?? [];
  if (type?.toString('latin1') !== 'ssh-ed25519' || key?.length !== 32 || more.length > 0) return undefined;
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' });
}
