import test from 'ava';
import { codeAt, findStep, makeSecret, otpauthUri, readSecret, stepAt, toBase32 } from '../../src/accounts/totp.ts';

/** The secret and the SHA-1 values of RFC 6238, appendix B, of which six digits are taken instead of eight. */
const SECRET = Buffer.from('12345678901234567890');
const VECTORS: readonly [seconds: number, code: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
];

for (const [seconds, code] of VECTORS) {
  test(`totp: the code of RFC 6238 at ${seconds} seconds`, (t) => {
    t.is(codeAt(SECRET, stepAt(seconds * 1000)), code);
  });
}

test('totp: a code counts in its step and one before and after, and in no other', (t) => {
  const step = 40_000_000;
  const code = codeAt(SECRET, step);
  const found = (at: number): number | undefined => findStep(SECRET, code, at * 30_000);
  t.deepEqual([step - 2, step - 1, step, step + 1, step + 2].map(found), [undefined, step, step, step, undefined]);
});

test('totp: nothing but six digits is a code', (t) => {
  const code = codeAt(SECRET, 1);
  for (const text of ['', code.slice(1), `${code}0`, ` ${code}`, 'abcdef', '-12345', '１２３４５６', '1e5000']) {
    t.is(findStep(SECRET, text, 30_000), undefined, text);
  }
});

test('totp: a secret has 160 bits, and base32 of it reads back', (t) => {
  const secret = makeSecret();
  t.is(secret.length, 20);
  t.notDeepEqual(makeSecret(), secret);
  t.true(readSecret(toBase32(secret))?.equals(secret));
  // RFC 4648, section 10.
  t.is(toBase32(Buffer.from('foobar')), 'MZXW6YTBOI');
  t.is(toBase32(Buffer.from('foo')), 'MZXW6');
  for (const text of [
    '',
    'MZXW6',
    'MZXW6YTBOI',
    toBase32(secret).toLowerCase(),
    `${toBase32(secret)}=`,
    '1'.repeat(32),
  ]) {
    t.is(readSecret(text), undefined, text);
  }
});

test('totp: the address that programs read names the user and holds the secret', (t) => {
  t.is(
    otpauthUri('alice@example', SECRET),
    'otpauth://totp/alice%40example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=sshome',
  );
});
