// What this server offers in a key exchange: the lists that were chosen, as far as this host and its keys allow.

import type { AlgorithmLists } from '../model/algorithms.ts';
import { createOffer, type KexInit, nativeCiphers } from '../transport/ssh2-protocol.ts';

/** Runs five times slower than the others where ssh2's native code was not built. */
const CHACHA = 'chacha20-poly1305@openssh.com';

/** Says that this side wants strict key exchange (OpenSSH PROTOCOL, section 1.10), against Terrapin. */
const STRICT = 'kex-strict-s-v00@openssh.com';

/** The chosen lists without what would be slow here. */
export function effectiveAlgorithms(chosen: AlgorithmLists): AlgorithmLists {
  return { ...chosen, ciphers: chosen.ciphers.filter((name) => name !== CHACHA || nativeCiphers) };
}

/** The offer for ssh2, with the algorithms of the host keys that there are. */
export function serverOffer(lists: AlgorithmLists, keyTypes: readonly string[]): KexInit {
  return createOffer({
    ...lists,
    kex: [...lists.kex, STRICT],
    hostKeyAlgorithms: lists.hostKeyAlgorithms.filter((name) => keyTypes.includes(keyTypeOf(name))),
  });
}

/** The type of host key that an algorithm signs with. */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}
