// A host key made ready to sign. ssh2 hands the key to Node as text for each signature, and to read that takes Node ten
// times as long as to sign.

import { createPrivateKey, sign } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { utils } from './ssh2-internals.ts';

/** The hash of a signature by a key of that type, unless a request names one; Ed25519 has its own (RFC 8709). */
const HASHES: ReadonlyMap<string, string> = new Map([['ecdsa-sha2-nistp256', 'sha256']]);

/** @throws Error when `privateKey` is none */
export function signingKey(privateKey: string): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = utils.parseKey(privateKey);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) throw key ?? new Error('no key');
  const ready = createPrivateKey(key.getPrivatePEM());
  // As ssh2 has it: an error is returned.
  key.sign = (data: Buffer | string, hash = HASHES.get(key.type)) => {
    try {
      return sign(hash, Buffer.from(data), ready);
    } catch (error) {
      return error as Error;
    }
  };
  return key;
}
