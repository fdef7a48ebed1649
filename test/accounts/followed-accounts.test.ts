import test from 'ava';
import type { Account } from '../../src/accounts/account.ts';
import type { AccountChange } from '../../src/accounts/account-store.ts';
import { followAccounts, liveAccounts } from '../../src/accounts/followed-accounts.ts';

const account = (user: string, rest: Partial<Account> = {}): Account => ({
  user,
  secret: 'secret',
  hash: undefined,
  locked: false,
  line: 1,
  ...rest,
});

test('followed accounts: are those of the store, and change as it does', async (t) => {
  let accounts = [account('alice'), account('bob'), account('carol')];
  const listeners = new Set<() => void>();
  let reloads = 0;
  const followed = followAccounts({
    accounts: liveAccounts({
      get accounts() {
        return accounts;
      },
      onChange: (listener) => {
        const call = (): void => listener({ added: [], removed: [], locked: [], changed: [] });
        listeners.add(call);
        return () => listeners.delete(call);
      },
    }),
    reload: async () => {
      reloads += 1;
    },
  });
  const heard: AccountChange[] = [];
  const end = followed.onChange((change) => {
    // Already as they are now.
    t.is(followed.find('bob'), undefined);
    heard.push(change);
  });
  t.is(followed.find('bob')?.user, 'bob');
  accounts = [account('alice', { secret: 'another' }), account('carol', { locked: true }), account('dave')];
  for (const listener of listeners) listener();
  t.deepEqual(heard, [{ added: ['dave'], removed: ['bob'], locked: ['carol'], changed: ['alice'] }]);
  t.deepEqual(
    followed.accounts.map(({ user }) => user),
    ['alice', 'carol', 'dave'],
  );
  end();
  for (const listener of listeners) listener();
  t.is(heard.length, 1);
  await followed.reload();
  t.is(reloads, 1);
});
