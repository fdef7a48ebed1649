// One public key: the line `type base64 comment` of OpenSSH's files, and the blob of RFC 4253, section 6.6, inside it.
// Says whether it is a key that may log somebody in, and why not.

import { createHash, createPublicKey } from 'node:crypto';
import type { PublicKeyInfo } from '../model/account.ts';

export type KeyType = 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ecdsa-sha2-nistp384' | 'ecdsa-sha2-nistp521' | 'ssh-rsa';

export interface PublicKey extends PublicKeyInfo {
  readonly type: KeyType;
  readonly blob: Buffer;
}

/** Shortest RSA modulus that is taken, in bits (NIST SP 800-131A), and the longest that OpenSSH itself takes. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16384;

/**
 * The key type of each signature algorithm a client may name. `ssh-rsa` is a type and no such algorithm: as one it means
 * SHA-1 (RFC 8332, section 3).
 */
const TYPE_OF_ALGORITHM: ReadonlyMap<string, KeyType> = new Map([
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-256', 'ssh-rsa'],
  ['rsa-sha2-512', 'ssh-rsa'],
]);

/** Curve, and bytes of one coordinate, of the ECDSA key types (RFC 5656, section 10.1). */
const CURVES: ReadonlyMap<string, { name: string; jwk: string; size: number }> = new Map([
  ['ecdsa-sha2-nistp256', { name: 'nistp256', jwk: 'P-256', size: 32 }],
  ['ecdsa-sha2-nistp384', { name: 'nistp384', jwk: 'P-384', size: 48 }],
  ['ecdsa-sha2-nistp521', { name: 'nistp521', jwk: 'P-521', size: 66 }],
]);

const KEY_TYPES: ReadonlySet<string> = new Set(TYPE_OF_ALGORITHM.values());

/** The type of key that signs so; undefined for what is not taken (SHA-1, DSA, certificates, FIDO). */
export function keyTypeOf(algorithm: string): KeyType | undefined {
  return TYPE_OF_ALGORITHM.get(algorithm);
}

/** Whether a public key may be of this type, as files name it. */
export function isKeyType(name: string): name is KeyType {
  return KEY_TYPES.has(name);
}

/** SHA256 fingerprint as `ssh-keygen -l` prints it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Reads `type base64 comment`; a key that is not taken gives the reason in words. */
export function parsePublicKey(text: string): PublicKey | { readonly problem: string } {
  // Users send these lines: no step may go over the same blanks twice.
  const [, name = '', base64 = '', rest = ''] = /^(\S+)[ \t]+(\S+)(.*)$/s.exec(text.trim()) ?? [];
  const comment = rest.trim();
  if (name === '' || /[\n\r\u2028\u2029]/.test(rest)) return { problem: 'this is not of the form TYPE KEY COMMENT' };
  if (!isKeyType(name)) return { problem: 'keys of this type are not taken: use ed25519, ecdsa or rsa' };
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) return { problem: 'the key is not base64: is the line cut?' };
  const problem = problemOf(name, blob);
  return problem === undefined ? { type: name, blob, comment, fingerprint: fingerprintOf(blob) } : { problem };
}

/** The line of a key as it is written to a file. */
export function formatPublicKey({ type, blob, comment }: PublicKey): string {
  return `${type} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`;
}

function problemOf(type: KeyType, blob: Buffer): string | undefined {
  const [name, ...fields] = stringsOf(blob) ?? [];
  const damaged = 'the key is damaged: is the line cut?';
  if (name?.toString('latin1') !== type) return damaged;
  if (type === 'ssh-ed25519') return fields.length === 1 && fields[0]?.length === 32 ? undefined : damaged;
  if (type === 'ssh-rsa') return rsaProblem(fields) ?? undefined;
  return isCurvePoint(type, fields) ? undefined : damaged;
}

function rsaProblem(fields: readonly Buffer[]): string | undefined {
  const [exponent, modulus] = fields;
  if (fields.length !== 2 || exponent === undefined || modulus === undefined)
    return 'the key is damaged: is the line cut?';
  const bits = bitLength(modulus);
  if (bits < MIN_RSA_BITS) return `the key has ${bits} bits; RSA keys need at least ${MIN_RSA_BITS}`;
  if (bits > MAX_RSA_BITS) return `the key has ${bits} bits; at most ${MAX_RSA_BITS} are taken`;
  const odd = ((exponent.at(-1) ?? 0) & 1) === 1 && bitLength(exponent) > 1 && ((modulus.at(-1) ?? 0) & 1) === 1;
  return odd && exponent.length <= 8 ? undefined : 'this is not an RSA key';
}

function isCurvePoint(type: KeyType, fields: readonly Buffer[]): boolean {
  const curve = CURVES.get(type);
  const [name, point] = fields;
  if (curve === undefined || fields.length !== 2 || name === undefined || point === undefined) return false;
  if (name.toString('latin1') !== curve.name || point[0] !== 4 || point.length !== 1 + 2 * curve.size) return false;
  const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
  try {
    // OpenSSL refuses a point that is not on the curve.
    createPublicKey({
      key: { kty: 'EC', crv: curve.jwk, x: x.toString('base64url'), y: y.toString('base64url') },
      format: 'jwk',
    });
    return true;
  } catch {
    return false;
  }
}

/** The strings, each behind its length, that make up the whole blob (RFC 4251, section 5); undefined if they do not. */
function stringsOf(blob: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
