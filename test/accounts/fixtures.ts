// What the tests of accounts/ share: a log that can be waited for, and hashing that is counted.

import { type PasswordHash, readHash } from '../../src/accounts/password-hash.ts';
import type { Passwords } from '../../src/accounts/password-pool.ts';
import type { Log } from '../../src/model/log.ts';

export interface RecordingLog extends Log {
  /** `level: message`, in order. */
  readonly lines: string[];
  /** Resolves when a line contains `text`. */
  seen(text: string): Promise<void>;
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const note =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
      for (const check of waiting) check();
    };
  return {
    lines,
    error: note('error'),
    warn: note('warn'),
    info: note('info'),
    debug: note('debug'),
    unexpected: (error, doing) => {
      note('unexpected')(`${doing}: ${String(error)}`);
      return 'id-1';
    },
    seen: (text) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!lines.some((line) => line.includes(text))) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** A hash whose password is known to `countingPasswords`: the password itself is the key. For tests only. */
export function transparentHash(password: string, memoryKiB = 19456): string {
  const key = Buffer.from(password.padEnd(32, '.')).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryKiB},t=2,p=1$${'A'.repeat(22)}$${key}`;
}

export interface CountingPasswords extends Passwords {
  /** The parameters of every check, in order. */
  readonly verified: PasswordHash[];
}

/** Checks `transparentHash`es, and remembers what work was asked for. */
export function countingPasswords(): CountingPasswords {
  const verified: PasswordHash[] = [];
  return {
    verified,
    hash: async (password) => transparentHash(password),
    verify: async (password, hash) => {
      verified.push(hash);
      const expected = readHash(transparentHash(password));
      return expected.kind === 'hash' && expected.hash.key.equals(hash.key);
    },
  };
}
