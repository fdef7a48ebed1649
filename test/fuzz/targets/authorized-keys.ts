// The file of a user's public keys, and the line of a key that a user adds.

import { parseAuthorizedKeys } from '../../../src/accounts/authorized-keys-file.ts';
import { linesOf } from '../../../src/accounts/edit-lines.ts';
import { formatPublicKey, parsePublicKey } from '../../../src/accounts/public-key.ts';
import { decodeBytes } from '../../../src/model/bytes.ts';
import { ECDSA_KEY, ED25519_KEY, RSA_KEY } from '../../accounts/sample-keys.ts';
import { holds, pure, type Target } from '../target.ts';

const SAMPLE_KEY_LINES = [ED25519_KEY, ECDSA_KEY, RSA_KEY];

export const authorizedKeys: Target = {
  name: 'authorized-keys',
  invariant:
    'any file is keys and remarks; a key written again is read as the same; a line removed by its number takes away that key and no other',
  covers: ['/src/accounts/authorized-keys-file', '/src/accounts/public-key', '/src/accounts/edit-lines'],
  dictionary: [
    ...[
      'ssh-ed25519 ',
      'ssh-rsa ',
      'ecdsa-sha2-nistp256 ',
      'restrict',
      'no-pty',
      'command="',
      'from="',
      '"',
      '\\"',
      ',',
      '=',
    ],
    ...['\n', '\r\n', '#', '\ufeff', '\u2028', ' ', '\t', ...SAMPLE_KEY_LINES],
  ],
  seeds: [...SAMPLE_KEY_LINES, `restrict,no-pty ${ED25519_KEY}\n# x\n`, `command="a \\"b\\" c",pty ${ED25519_KEY}`],
  maxBytes: 4096,
  begin: pure((input) => {
    const text = decodeBytes(input);
    const { keys } = parseAuthorizedKeys(text);
    for (const key of keys) {
      const again = parsePublicKey(formatPublicKey(key));
      holds(
        'blob' in again && again.blob.equals(key.blob) && again.comment === key.comment,
        'written again, another key',
      );
    }
    const [first] = keys;
    if (first === undefined) return;
    const lines = linesOf(text);
    lines.set(first.line, undefined);
    const left = parseAuthorizedKeys(lines.toString()).keys.map(({ fingerprint }) => fingerprint);
    holds(
      left.join() ===
        keys
          .slice(1)
          .map(({ fingerprint }) => fingerprint)
          .join(),
      'an edit changed more',
    );
  }),
};
