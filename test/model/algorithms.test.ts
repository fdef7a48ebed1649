import test from 'ava';
import { type AlgorithmKind, chooseAlgorithms, PROFILES, parseAlgorithmChange } from '../../src/model/algorithms.ts';

const KINDS: readonly AlgorithmKind[] = ['kex', 'ciphers', 'macs', 'hostKeyAlgorithms'];

test('algorithms: no profile has SHA-1, CBC, MD5, DSA or RC4', (t) => {
  for (const profile of PROFILES) {
    const names = Object.values(chooseAlgorithms(profile, {})).flat();
    t.deepEqual(
      names.filter((name) => /sha1|cbc|md5|dss|arcfour|3des|^ssh-rsa$/.test(name)),
      [],
    );
  }
});

test('algorithms: the modern profile has post-quantum first, and MACs over the ciphertext alone', (t) => {
  const { kex, macs } = chooseAlgorithms('modern', {});
  t.deepEqual(kex, ['mlkem768x25519-sha256', 'curve25519-sha256', 'curve25519-sha256@libssh.org']);
  t.true(macs.every((name) => name.endsWith('-etm@openssh.com')));
});

test('algorithms: the compatible profile begins with the modern one, and adds what old clients have', (t) => {
  const [modern, compatible] = [chooseAlgorithms('modern', {}), chooseAlgorithms('compatible', {})];
  for (const kind of KINDS) t.deepEqual(compatible[kind].slice(0, modern[kind].length), [...modern[kind]]);
  t.true(compatible.kex.includes('ecdh-sha2-nistp256'));
  t.true(compatible.hostKeyAlgorithms.includes('ecdsa-sha2-nistp256'));
  t.true(compatible.macs.includes('hmac-sha2-256'));
});

for (const [written, expected] of [
  ['aes256-ctr,aes128-ctr', ['aes256-ctr', 'aes128-ctr']],
  ['aes256-ctr, aes256-ctr', ['aes256-ctr']],
  ['-aes*-ctr,chacha20*', ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']],
  [
    '^aes256-gcm@openssh.com',
    [
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-gcm@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
  ],
  ['-*', []],
] as const) {
  test(`algorithms: ${written} makes of the ciphers ${expected.join(',') || 'nothing'}`, (t) => {
    const ciphers = parseAlgorithmChange('ciphers', written);
    t.deepEqual([...chooseAlgorithms('modern', { ciphers }).ciphers], [...expected]);
  });
}

test('algorithms: + appends what is no part of the profile', (t) => {
  const kex = parseAlgorithmChange('kex', '+diffie-hellman-group16-sha512,curve25519-sha256');
  t.deepEqual(chooseAlgorithms('modern', { kex }).kex.slice(-2), [
    'curve25519-sha256@libssh.org',
    'diffie-hellman-group16-sha512',
  ]);
});

for (const [kind, written] of [
  ['ciphers', 'aes128-cbc'],
  ['ciphers', '+3des-cbc'],
  ['ciphers', '-aes127-ctr'],
  ['ciphers', 'aes128-ctr,'],
  ['ciphers', ''],
  ['ciphers', 'AES128-CTR'],
  ['kex', 'diffie-hellman-group14-sha1'],
  ['kex', 'curve25519-sha256*'],
  ['macs', 'hmac-sha1'],
  ['macs', '^umac-64@openssh.com'],
  ['hostKeyAlgorithms', 'ssh-rsa'],
  ['hostKeyAlgorithms', 'ssh-dss'],
  ['hostKeyAlgorithms', '-(a+)+$'],
] as const) {
  test(`algorithms: ${JSON.stringify(written)} is refused among the ${kind}, with what there is`, (t) => {
    const error = t.throws(() => parseAlgorithmChange(kind, written), { instanceOf: RangeError });
    t.regex(error?.message ?? '', / is none of [a-z]/);
  });
}
