// What this server offers in a key exchange: nothing with SHA-1, CBC or compression.

import type { Algorithms } from 'ssh2';
import { nativeCiphers } from './ssh2-internals.ts';

const CHACHA = 'chacha20-poly1305@openssh.com' as const;

/** The lists for ssh2, best first. chacha20-poly1305 is left out where it would run in JavaScript. */
export function serverAlgorithms(): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
    ],
    serverHostKey: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
    cipher: [
      ...(nativeCiphers ? [CHACHA] : []),
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    // The last two are for libssh2 before 1.11 (curl, Midnight Commander, PHP of Debian 12), which has no others.
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    // zlib in ssh2 inflates without limit before login, and ends the process on a reset connection.
    compress: ['none'],
  };
}

/** ssh2 adds `ssh-rsa` (SHA-1) for every RSA host key whatever it is told; this keeps it out of the offer. */
export function isStrongHostKeyAlgorithm(algorithm: string): boolean {
  return algorithm !== 'ssh-rsa';
}
