// One-time codes from a shared secret and the time (RFC 6238, over the HOTP of RFC 4226): SHA-1, 30 seconds, six digits,
// as every authenticator program has them. Computes only; what has been used is known in second-factor.ts.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
/** Codes of the step before and after count too: clocks differ, and people type (RFC 6238, section 5.2). */
const WINDOW = 1;
/** As long as the hash, which RFC 4226, section 4, recommends. */
const SECRET_BYTES = 20;
const MIN_SECRET_BYTES = 16;

export function makeSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** The code of one step of time. */
export function codeAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  // RFC 4226, section 5.3: the last four bits say where the number is taken from, without its sign.
  const number = hash.readUInt32BE((hash.at(-1) ?? 0) & 0x0f) & 0x7fffffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** The step of the time `nowMs`, in milliseconds since 1970. */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS);
}

/** Which step within the window `code` is of; undefined for none. All are compared, whichever it is. */
export function findStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const now = stepAt(nowMs);
  let found: number | undefined;
  for (let step = Math.max(0, now - WINDOW); step <= now + WINDOW; step += 1) {
    if (timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(code))) found = step;
  }
  return found;
}

/** What authenticator programs read, as text or as a QR code; the defaults of the format are ours. */
export function otpauthUri(user: string, secret: Uint8Array): string {
  return `otpauth://totp/${encodeURIComponent(user)}?secret=${toBase32(secret)}&issuer=sshome`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, section 6, without padding, as such secrets are written. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    count += 8;
    for (; count >= 5; count -= 5) text += ALPHABET[(bits >> (count - 5)) & 31];
  }
  return count === 0 ? text : text + ALPHABET[(bits << (5 - count)) & 31];
}

/** The secret that base32 stands for; undefined for anything else, and for what is too short for a secret. */
export function readSecret(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return undefined;
    bits = ((bits << 5) | value) & 0xffff;
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return bytes.length < MIN_SECRET_BYTES ? undefined : Buffer.from(bytes);
}
