// The sample credentials file that comes with the program, and who of its users still has a password everyone knows.

import type { Account } from './account.ts';
import type { Passwords } from './password-pool.ts';

/** The users of the sample `id_passwd.txt` in the root of the project, with their passwords. */
export const SAMPLE_PASSWORDS: ReadonlyMap<string, string> = new Map([
  ['user1', 'password1'],
  ['user2', 'password2'],
  ['user3', 'password3'],
]);

/** The users of the sample whose password is still the sample's, plain or hashed. */
export async function findSampleUsers({
  accounts,
  passwords,
}: {
  readonly accounts: readonly Account[];
  readonly passwords: Pick<Passwords, 'verify'>;
}): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { user, secret, hash, locked } of accounts) {
    const sample = SAMPLE_PASSWORDS.get(user);
    if (sample === undefined || locked) continue;
    if (hash === undefined ? secret === sample : await passwords.verify(sample, hash)) found.push(user);
  }
  return found;
}
