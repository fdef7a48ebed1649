// A server's public key as it came over the wire (RFC 4253, section 6.6), and how people compare it.

import { createHash } from 'node:crypto';
import { decodeStrings } from '../transport/wire.ts';

export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, ...; empty when the key is malformed. */
  readonly type: string;
  readonly blob: Buffer;
  /** As `ssh-keygen -l` prints it: `SHA256:` and 43 characters of base64. */
  readonly fingerprint: string;
}

export function hostKeyOf(blob: Buffer): HostKey {
  return { type: typeOf(blob), blob, fingerprint: fingerprintOf(blob) };
}

export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The length of an RSA key's modulus (RFC 4253, section 6.6); undefined for another type of key. */
export function rsaBits({ type, blob }: HostKey): number | undefined {
  if (type !== 'ssh-rsa') return undefined;
  const modulus = decodeStrings(blob)?.[2] ?? Buffer.alloc(0);
  return modulus.length === 0 ? 0 : BigInt(`0x${modulus.toString('hex')}`).toString(2).length;
}

/** The key blob begins with its type, as an SSH string. */
function typeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length <= blob.length - 4 ? blob.toString('latin1', 4, 4 + length) : '';
}
