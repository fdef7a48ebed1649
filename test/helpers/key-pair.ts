// Key pairs for tests. ssh2 makes a broken ed25519 key one time in 200: see src/sshd/host-key.ts.

import ssh2 from 'ssh2';

type Kind = Parameters<typeof ssh2.utils.generateKeyPairSync>;

export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/** A key pair in OpenSSH's format that reads back. */
export function makeKeyPair(...kind: Kind): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync(...kind);
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
