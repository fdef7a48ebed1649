// Names of users in the words of a verb: a typing error must not become a rule for somebody who may come one day.

import type { AccountEditor } from '../accounts/account-editor.ts';
import { AdministrationError } from '../model/administration.ts';

/** Stands for every user of whom nothing else is said. */
export const EVERYBODY = '*';

/** @throws AdministrationError with all of `users` who are none */
export async function requireUsers(accounts: Pick<AccountEditor, 'list'>, users: readonly string[]): Promise<void> {
  const there = new Set((await accounts.list()).map(({ user }) => user));
  const missing = users.filter((user) => user !== EVERYBODY && !there.has(user));
  if (missing.length > 0) throw new AdministrationError(`there is no user ${missing.join(', ')}`);
}
