// What the client offers to a server: nothing with SHA-1 or CBC, and no compression.

import { POST_QUANTUM_KEX } from '../model/algorithms.ts';
import { createOffer, type KexInit } from '../transport/ssh2-protocol.ts';

const KEY_EXCHANGES = [
  POST_QUANTUM_KEX,
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha256',
];

/** That we want to hear of signature algorithms (RFC 8308), and strict key exchange (OpenSSH PROTOCOL, section 1.10). */
const MARKS = ['ext-info-c', 'kex-strict-c-v00@openssh.com'];

// AES-GCM first: it runs in the processor. chacha20-poly1305 is last, as it is slow without ssh2's native part.
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
];

const MACS = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** The signature algorithms for each type of host key, our favourites first (RFC 8332 for RSA). */
const HOST_KEY_ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/**
 * The offer to a server. The key types that the host is known by come first, so that the server shows the key we can
 * compare, and not another of its keys.
 */
export function clientOffer(knownTypes: readonly string[] = []): KexInit {
  const types = [...knownTypes.filter((type) => type in HOST_KEY_ALGORITHMS), ...Object.keys(HOST_KEY_ALGORITHMS)];
  return createOffer({
    kex: [...KEY_EXCHANGES, ...MARKS],
    ciphers: CIPHERS,
    macs: MACS,
    hostKeyAlgorithms: [...new Set(types)].flatMap((type) => HOST_KEY_ALGORITHMS[type] ?? []),
  });
}
