// The cryptographic algorithms of an SSH connection by their names: which there are, which a profile takes, and how a
// person changes that. Nothing here computes anything.

/** What is negotiated by a list of names (RFC 4253, section 7.1). */
export type AlgorithmKind = 'kex' | 'ciphers' | 'macs' | 'hostKeyAlgorithms';

/** Names by kind, best first. */
export type AlgorithmLists = Readonly<Record<AlgorithmKind, readonly string[]>>;

/** `modern` has no blemish in an audit; `compatible` adds what old clients need. Neither has SHA-1 or CBC. */
export const PROFILES = ['modern', 'compatible'] as const;
export type Profile = (typeof PROFILES)[number];

/** The hybrid of ML-KEM-768 and X25519 of draft-ietf-sshm-mlkem-hybrid-kex. */
export const POST_QUANTUM_KEX = 'mlkem768x25519-sha256';

const MODERN: AlgorithmLists = {
  kex: [POST_QUANTUM_KEX, 'curve25519-sha256', 'curve25519-sha256@libssh.org'],
  ciphers: [
    'chacha20-poly1305@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  macs: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
};

const COMPATIBLE: AlgorithmLists = {
  kex: [...MODERN.kex, 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'],
  ciphers: MODERN.ciphers,
  macs: [...MODERN.macs, 'hmac-sha2-256', 'hmac-sha2-512'],
  hostKeyAlgorithms: [...MODERN.hostKeyAlgorithms, 'ecdsa-sha2-nistp256'],
};

const LISTS_OF_PROFILE: Readonly<Record<Profile, AlgorithmLists>> = { modern: MODERN, compatible: COMPATIBLE };

/** All that can be asked for: the compatible profile, and what is no part of any. */
const KNOWN: AlgorithmLists = {
  ...COMPATIBLE,
  kex: [
    ...COMPATIBLE.kex,
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
  ],
};

/** A change of a list, in the form of OpenSSH's settings: `a,b` replaces it, `+a` appends, `-a` removes, `^a` prefers. */
export interface AlgorithmChange {
  readonly how: 'replace' | 'append' | 'remove' | 'prefer';
  /** Names; of those to remove, `*` stands for any characters. */
  readonly names: readonly string[];
}

/**
 * Reads a change of the list of `kind`.
 *
 * @throws RangeError naming what is no algorithm of that kind
 */
export function parseAlgorithmChange(kind: AlgorithmKind, text: string): AlgorithmChange {
  const [, sign = '', list = ''] = /^([-+^]?)(.*)$/s.exec(text.trim()) ?? [];
  const names = list.split(',').map((name) => name.trim());
  const how = sign === '+' ? 'append' : sign === '-' ? 'remove' : sign === '^' ? 'prefer' : 'replace';
  const known = KNOWN[kind];
  const unknown = names.find((name) => !known.some((one) => (how === 'remove' ? matches(name, one) : name === one)));
  if (unknown !== undefined) {
    throw new RangeError(`${JSON.stringify(unknown)} is none of ${known.join(', ')}`);
  }
  return { how, names };
}

/** The lists of a profile with changes made. A list may come out empty. */
export function chooseAlgorithms(
  profile: Profile,
  changes: Readonly<Partial<Record<AlgorithmKind, AlgorithmChange | undefined>>>,
): AlgorithmLists {
  const lists = LISTS_OF_PROFILE[profile];
  return {
    kex: changeList(lists.kex, changes.kex),
    ciphers: changeList(lists.ciphers, changes.ciphers),
    macs: changeList(lists.macs, changes.macs),
    hostKeyAlgorithms: changeList(lists.hostKeyAlgorithms, changes.hostKeyAlgorithms),
  };
}

function changeList(list: readonly string[], change: AlgorithmChange | undefined): readonly string[] {
  if (change === undefined) return list;
  const { how, names } = change;
  switch (how) {
    case 'replace':
      return [...new Set(names)];
    case 'append':
      return [...new Set([...list, ...names])];
    case 'prefer':
      return [...new Set([...names, ...list])];
    case 'remove':
      return list.filter((one) => !names.some((name) => matches(name, one)));
    default:
      return how satisfies never;
  }
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
