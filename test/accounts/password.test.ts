import test from 'ava';
import { Argon2MissingError, hashPassword, loadArgon2, verifyPassword } from '../../src/accounts/password.ts';
import { readHash } from '../../src/accounts/password-hash.ts';

/** A hash as a file has it; the parameters are low to keep the tests quick. */
function stored(text: string) {
  const read = readHash(text);
  if (read.kind !== 'hash') throw new TypeError(text);
  return read.hash;
}

test('password: a new hash is argon2id with 19 MiB and 2 passes where the native module is', async (t) => {
  const argon2 = await loadArgon2();
  t.not(argon2, undefined);
  const hash = hashPassword('correct horse', argon2);
  t.like(hash, { scheme: 'argon2id', memoryKiB: 19456, passes: 2, lanes: 1 });
  t.true(verifyPassword('correct horse', hash, argon2));
  t.false(verifyPassword('correct horsf', hash, argon2));
});

test('password: without the native module a new hash is scrypt with N = 2^15, r = 8, p = 3', (t) => {
  const hash = hashPassword('correct horse', undefined);
  t.like(hash, { scheme: 'scrypt', logCost: 15, blockSize: 8, lanes: 3 });
  t.true(verifyPassword('correct horse', hash, undefined));
  t.false(verifyPassword('', hash, undefined));
});

test('password: each hash has its own salt', async (t) => {
  const argon2 = await loadArgon2();
  t.notDeepEqual(hashPassword('same', argon2), hashPassword('same', argon2));
});

test('password: an argon2id hash without the native module says what to do', (t) => {
  const hash = stored('$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleXNvbWVrZXlzb21la2V5');
  const error = t.throws(() => verifyPassword('x', hash, undefined), { instanceOf: Argon2MissingError });
  t.regex(error?.message ?? '', /npm ci.*sshome user passwd/);
});

test('password: the two ways to write é are one password', (t) => {
  const hash = { ...hashPassword('caf\u00e9', undefined) };
  t.true(verifyPassword('cafe\u0301', hash, undefined));
});

test('password: hashes made by passlib and by the reference argon2 verify', async (t) => {
  const argon2 = await loadArgon2();
  // From the documentation of passlib (scrypt) and the test vectors of the argon2 reference implementation.
  const scrypt = stored('$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E');
  const argon2id = stored('$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4');
  t.true(verifyPassword('password', scrypt, argon2));
  t.true(verifyPassword('password', argon2id, argon2));
  t.false(verifyPassword('Password', argon2id, argon2));
});
