// Codes for the day when the authenticator is lost: ten, each good once. Made here and kept as hashes.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { toBase32 } from './totp.ts';

const CODES = 10;
// 80 bits by chance: nobody guesses one from its hash, however quick the hash.
const CODE_BYTES = 10;
const SALT_BYTES = 16;

/** New codes, as they are shown to the user: `ABCD-EFGH-IJKL-MNOP`. */
export function makeRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, () => (toBase32(randomBytes(CODE_BYTES)).match(/.{4}/g) ?? []).join('-'));
}

/** Whether the text can be such a code, as people type it: with or without the dashes, in any case. */
export function isLikeRecoveryCode(text: string): boolean {
  return /^[A-Z2-7]{16}$/.test(plain(text));
}

/** What is kept of a code: `SALT:HASH` in hexadecimal. */
export function hashRecoveryCode(code: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  return `${salt.toString('hex')}:${createHash('sha256').update(salt).update(plain(code)).digest('hex')}`;
}

export function isRecoveryHash(text: string): boolean {
  return /^[0-9a-f]{32}:[0-9a-f]{64}$/.test(text);
}

/** The one of `hashes` that `code` belongs to. */
export function findRecoveryHash(hashes: readonly string[], code: string): string | undefined {
  return hashes.find((hash) => {
    const salt = Buffer.from(hash.split(':', 1)[0] ?? '', 'hex');
    return timingSafeEqual(Buffer.from(hashRecoveryCode(code, salt)), Buffer.from(hash));
  });
}

function plain(code: string): string {
  return code.replace(/[\s-]/g, '').toUpperCase();
}
