import test from 'ava';
import { readHash } from '../../src/accounts/password-hash.ts';
import { OverloadedError, PasswordPool } from '../../src/accounts/password-pool.ts';

function stored(text: string) {
  const read = readHash(text);
  if (read.kind !== 'hash') throw new TypeError(text);
  return read.hash;
}

test('password pool: hashes and verifies in its threads', async (t) => {
  t.timeout(20_000);
  const pool = new PasswordPool();
  t.teardown(() => pool.close());
  const hash = stored(await pool.hash('correct horse'));
  t.true(await pool.verify('correct horse', hash));
  t.false(await pool.verify('wrong horse', hash));
});

test('password pool: what is more than the queue takes is refused at once, the rest is answered', async (t) => {
  t.timeout(20_000);
  const pool = new PasswordPool({ threads: 1, maxQueue: 2 });
  t.teardown(() => pool.close());
  const hash = stored('$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleXNvbWVrZXlzb21la2V5');
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => pool.verify('x', hash)));
  t.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason instanceof OverloadedError)),
    [false, false, false, true, true],
  );
  t.false(await pool.verify('x', hash), 'and after that there is room again');
});

test('password pool: closing fails what waits, and what comes later', async (t) => {
  t.timeout(20_000);
  const pool = new PasswordPool({ threads: 1 });
  const first = t.throwsAsync(pool.hash('a'), { message: /ended|closed/ });
  const second = t.throwsAsync(pool.hash('b'), { message: /closed/ });
  await pool.close();
  await first;
  await second;
  await t.throwsAsync(pool.hash('c'), { message: /closed/ });
});

test('password pool: a thread that dies fails its job alone, and another takes its place', async (t) => {
  t.timeout(20_000);
  const pool = new PasswordPool({ threads: 1 });
  t.teardown(() => pool.close());
  const good = stored('$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWtleXNvbWVrZXlzb21la2V5');
  // Beyond the bounds of readHash: the thread throws.
  const bad = { ...stored('$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$c29tZWtleXNvbWVrZXlzb21la2V5'), salt: Buffer.alloc(0) };
  const results = await Promise.allSettled([pool.verify('x', bad), pool.verify('x', good), pool.verify('x', good)]);
  t.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
});
