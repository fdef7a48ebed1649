// Computes password hashes, synchronously and for a long time (10 to 200 ms): called by password-worker.ts and by
// commands that have nothing else to do, never on the event loop of a server.

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { PasswordHash } from './password-hash.ts';

/** What is used of @node-rs/argon2. */
export interface Argon2 {
  hashRawSync(
    password: string,
    options: { salt: Buffer; memoryCost: number; timeCost: number; parallelism: number; outputLen: number },
  ): Uint8Array;
}

/** A password can't be checked because its hash is argon2id and the native module is not there. */
export class Argon2MissingError extends Error {
  override readonly name = 'Argon2MissingError';

  constructor() {
    super(
      'the password is stored as argon2id, and the package @node-rs/argon2 does not load on this machine: ' +
        'run `npm ci` here, or set the password anew with `sshome user passwd NAME`',
    );
  }
}

/** Longest password, in bytes of UTF-8: what somebody who is not logged in may make the server hash. */
export const MAX_PASSWORD_BYTES = 1024;

/** The native argon2 module, or undefined where it does not load (no binary for this platform). */
export async function loadArgon2(): Promise<Argon2 | undefined> {
  try {
    return await import('@node-rs/argon2');
  } catch {
    // Whatever keeps it from loading, there is scrypt; a stored argon2id hash then fails with Argon2MissingError.
    return undefined;
  }
}

/** One form for a password that keyboards and systems write in several (é as one character or as two). */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * A hash for a new password: argon2id where the native module is there, else scrypt; both with the least parameters
 * that OWASP's Password Storage Cheat Sheet names (19 MiB and 2 passes; N = 2^15, r = 8, p = 3).
 */
export function hashPassword(password: string, argon2: Argon2 | undefined): PasswordHash {
  const salt = randomBytes(16);
  const blank: PasswordHash =
    argon2 === undefined
      ? { scheme: 'scrypt', logCost: 15, blockSize: 8, lanes: 3, salt, key: Buffer.alloc(32) }
      : { scheme: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1, salt, key: Buffer.alloc(32) };
  return { ...blank, key: derive(password, blank, argon2) };
}

/** Whether `password` is the one that was hashed. @throws Argon2MissingError */
export function verifyPassword(password: string, hash: PasswordHash, argon2: Argon2 | undefined): boolean {
  return timingSafeEqual(derive(password, hash, argon2), hash.key);
}

function derive(password: string, hash: PasswordHash, argon2: Argon2 | undefined): Buffer {
  const text = normalisePassword(password);
  if (hash.scheme === 'scrypt') {
    const cost = 2 ** hash.logCost;
    return scryptSync(text, hash.salt, hash.key.length, {
      N: cost,
      r: hash.blockSize,
      p: hash.lanes,
      // 128 N r is the table; OpenSSL counts its smaller buffers in.
      maxmem: 128 * hash.blockSize * (cost + hash.lanes + 2) + 1024 * 1024,
    });
  }
  if (argon2 === undefined) throw new Argon2MissingError();
  const key = argon2.hashRawSync(text, {
    salt: hash.salt,
    memoryCost: hash.memoryKiB,
    timeCost: hash.passes,
    parallelism: hash.lanes,
    outputLen: hash.key.length,
  });
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength);
}
