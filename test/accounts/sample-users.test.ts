import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parseCredentials } from '../../src/accounts/credentials-file.ts';
import { findSampleUsers, SAMPLE_PASSWORDS } from '../../src/accounts/sample-users.ts';
import { countingPasswords, transparentHash } from './fixtures.ts';

const accountsOf = (text: string) => parseCredentials(Buffer.from(text)).accounts;

test('sample users: the table is the sample file of the project', async (t) => {
  // From build/test/accounts/ to the root of the project.
  const sample = parseCredentials(await readFile(new URL('../../../id_passwd.txt', import.meta.url)));
  t.deepEqual(
    sample.accounts.map(({ user, secret }) => [user, secret]),
    [...SAMPLE_PASSWORDS],
  );
});

test('sample users: found plain and hashed, and only with the password of the sample', async (t) => {
  const passwords = countingPasswords();
  const accounts = accountsOf(
    `user1:password1\nuser2:${transparentHash('password2')}\nuser3:${transparentHash('mine')}\nuser4:password4\n`,
  );
  t.deepEqual(await findSampleUsers({ accounts, passwords }), ['user1', 'user2']);
});

test('sample users: own users with plain passwords are none, and cost no hashing', async (t) => {
  const passwords = countingPasswords();
  const accounts = accountsOf(`alice:password1\nuser1:password2\nbob:${transparentHash('password1')}\n`);
  t.deepEqual(await findSampleUsers({ accounts, passwords }), []);
  t.is(passwords.verified.length, 0);
});

test('sample users: one who is locked lets nobody in', async (t) => {
  const accounts = accountsOf('user1:!password1\nuser2:password2\n');
  t.deepEqual(await findSampleUsers({ accounts, passwords: countingPasswords() }), ['user2']);
});
