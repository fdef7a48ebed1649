// The accounts as a process knows them that does not read the file itself: those of the process that does, as soon as it
// has told.

import type { LiveValue } from '../model/live-value.ts';
import type { Account } from './account.ts';
import { type AccountChange, type AccountStore, changeBetween } from './account-store.ts';

/** What an account store is to those who use it. */
export type Accounts = Pick<AccountStore, 'find' | 'accounts' | 'onChange' | 'reload'>;

/** `reload` has the file read, and what was found in it told, before it resolves. */
export function followAccounts(by: { accounts: LiveValue<readonly Account[]>; reload: () => Promise<void> }): Accounts {
  const { accounts, reload } = by;
  const listeners = new Set<(change: AccountChange) => void>();
  let byUser = byName(accounts.now);
  accounts.onChange((now) => {
    const before = byUser;
    byUser = byName(now);
    const change = changeBetween(before, byUser);
    for (const listener of listeners) listener(change);
  });
  return {
    find: (user) => byUser.get(user),
    get accounts() {
      return accounts.now;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    reload,
  };
}

/** What followAccounts follows. */
export function liveAccounts(store: Pick<AccountStore, 'accounts' | 'onChange'>): LiveValue<readonly Account[]> {
  return {
    get now() {
      return store.accounts;
    },
    onChange: (listener) => store.onChange(() => listener(store.accounts)),
  };
}

function byName(accounts: readonly Account[]): ReadonlyMap<string, Account> {
  return new Map(accounts.map((account) => [account.user, account]));
}
