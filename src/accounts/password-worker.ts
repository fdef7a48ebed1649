// The thread that hashes: one job at a time, as password-pool.ts sends them.

import { parentPort } from 'node:worker_threads';
import { Argon2MissingError, hashPassword, loadArgon2, verifyPassword } from './password.ts';
import { readHash, writeHash } from './password-hash.ts';

/** `hash` is a PHC string; without it the password is to be hashed anew. */
export interface PasswordJob {
  readonly password: string;
  readonly hash: string | undefined;
}

export type PasswordResult =
  | { readonly kind: 'hashed'; readonly hash: string }
  | { readonly kind: 'verified'; readonly matches: boolean }
  | { readonly kind: 'argon2-missing' };

const argon2 = await loadArgon2();

function run({ password, hash }: PasswordJob): PasswordResult {
  if (hash === undefined) return { kind: 'hashed', hash: writeHash(hashPassword(password, argon2)) };
  const read = readHash(hash);
  if (read.kind !== 'hash') throw new TypeError('the pool sent what is no hash');
  try {
    return { kind: 'verified', matches: verifyPassword(password, read.hash, argon2) };
  } catch (error) {
    if (error instanceof Argon2MissingError) return { kind: 'argon2-missing' };
    throw error;
  }
}

parentPort?.on('message', (job: PasswordJob) => parentPort?.postMessage(run(job)));
