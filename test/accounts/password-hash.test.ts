import test from 'ava';
import fc from 'fast-check';
import { readHash, writeHash } from '../../src/accounts/password-hash.ts';

const SALT = 'c29tZXNhbHRzb21lc2FsdA';
const KEY = 'c29tZWtleXNvbWVrZXlzb21la2V5c29tZWtleTEyMw';

const problem = (text: string): string => {
  const read = readHash(text);
  return read.kind === 'problem' ? read.problem : read.kind;
};

test('password hash: argon2id is read with its parameters, and written the same', (t) => {
  const text = `$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${KEY}`;
  const read = readHash(text);
  if (read.kind !== 'hash') return t.fail(problem(text));
  t.like(read.hash, { scheme: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1 });
  t.is(writeHash(read.hash), text);
});

test('password hash: scrypt is read with its parameters, and written the same', (t) => {
  const text = `$scrypt$ln=15,r=8,p=3$${SALT}$${KEY}`;
  const read = readHash(text);
  if (read.kind !== 'hash') return t.fail(problem(text));
  t.like(read.hash, { scheme: 'scrypt', logCost: 15, blockSize: 8, lanes: 3 });
  t.is(writeHash(read.hash), text);
});

const refused: [string, RegExp][] = [
  ['$argon2id$', /form/],
  [`$argon2id$v=19$m=19456,t=2$${SALT}$${KEY}`, /form/],
  [`$argon2id$v=16$m=19456,t=2,p=1$${SALT}$${KEY}`, /version/],
  [`$argon2id$v=19$m=104857600,t=2,p=1$${SALT}$${KEY}`, /102400 MiB/],
  [`$argon2id$v=19$m=19456,t=0,p=1$${SALT}$${KEY}`, /parameter t/],
  [`$argon2id$v=19$m=262144,t=17,p=1$${SALT}$${KEY}`, /parameter t .* 1\.\.16/],
  [`$argon2id$v=19$m=19456,t=2,p=0$${SALT}$${KEY}`, /parameter p/],
  [`$argon2id$v=19$m=7,t=2,p=1$${SALT}$${KEY}`, /parameter m/],
  [`$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${KEY.slice(0, 8)}`, /16 to 64 bytes/],
  [`$argon2id$v=19$m=19456,t=2,p=1$c2Fs$${KEY}`, /8 to 64 bytes/],
  [`$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${KEY}=`, /form/],
  [`$argon2id$v=19$m=19456,t=2,p=1$${SALT}$${KEY.slice(0, -1)}`, /base64/],
  [`$scrypt$ln=15,r=8$${SALT}$${KEY}`, /form/],
  [`$scrypt$ln=0,r=8,p=1$${SALT}$${KEY}`, /parameter ln/],
  [`$scrypt$ln=63,r=8,p=1$${SALT}$${KEY}`, /parameter ln/],
  [`$scrypt$ln=20,r=8,p=1$${SALT}$${KEY}`, /1024 MiB/],
  [`$scrypt$ln=15,r=0,p=1$${SALT}$${KEY}`, /parameter r/],
  [`$scrypt$ln=18,r=8,p=16$${SALT}$${KEY}`, /parameter p .* 1\.\.4/],
  [`$scrypt$ln=15,r=8,p=3$${SALT}$${KEY} `, /form/],
];

for (const [text, reason] of refused) {
  test(`password hash: ${text.slice(0, 60)} (${text.length}) is a problem`, (t) => {
    t.regex(problem(text), reason);
  });
}

test('password hash: what is read is written the same, whatever the parameters', (t) => {
  const bytes = (min: number) => fc.uint8Array({ minLength: min, maxLength: 64 }).map((array) => Buffer.from(array));
  const scrypt = fc.record({
    scheme: fc.constant('scrypt' as const),
    logCost: fc.integer({ min: 1, max: 16 }),
    blockSize: fc.integer({ min: 1, max: 8 }),
    lanes: fc.integer({ min: 1, max: 16 }),
    salt: bytes(8),
    key: bytes(16),
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(scrypt, (hash) => {
        const read = readHash(writeHash(hash));
        return read.kind === 'hash' && writeHash(read.hash) === writeHash(hash);
      }),
    ),
  );
});
