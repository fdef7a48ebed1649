// Ends the sessions of those who would not be let in any more: the account, the key or the rules have changed, or the
// time has come. What was right at the login is judged again, and not remembered.

import type { AccountStore } from '../accounts/account-store.ts';
import type { AuthorizedKeys } from '../accounts/authorized-keys.ts';
import { KeyWatch } from '../accounts/key-watch.ts';
import type { Log } from '../model/log.ts';
import type { LiveLogin } from '../model/login.ts';
import type { SshServer } from './listener.ts';

/** How often time alone is looked at: expiry and hours. */
const CLOCK_MS = 10_000;

export interface FollowLoginsParts {
  readonly ssh: Pick<SshServer, 'endWhere' | 'logins'>;
  readonly store: Pick<AccountStore, 'onChange'>;
  readonly keys: Pick<AuthorizedKeys, 'list'>;
  /** Why somebody may stay no longer, by the rules and the clock as they are now; undefined if nothing speaks against it. */
  readonly judge: (login: LiveLogin) => string | undefined;
  /** Calls back when the rules have changed; returns what ends that. */
  readonly onRules: (listener: () => void) => () => void;
  readonly log: Log;
  readonly clockMs?: number;
}

/** Returns what ends it, and resolves when nothing is looked at any more. */
export function followLogins(parts: FollowLoginsParts): () => Promise<void> {
  const { ssh, store, keys, judge, onRules, log, clockMs = CLOCK_MS } = parts;
  const stopStore = store.onChange(({ removed, locked }) => {
    ssh.endWhere(({ user }) => {
      if (removed.includes(user)) return 'the account was removed';
      return locked.includes(user) ? 'the account was locked' : undefined;
    });
  });
  const stopRules = onRules(() => ssh.endWhere(judge));
  const clock = setInterval(() => ssh.endWhere(judge), clockMs).unref();
  const watch = new KeyWatch({
    keys,
    inUse: () => ssh.logins(),
    onRevoked: (user, key) => {
      ssh.endWhere((login) => (login.user === user && login.key === key ? 'the key was taken away' : undefined));
    },
    log,
  });
  return async () => {
    stopStore();
    stopRules();
    clearInterval(clock);
    await watch.close();
  };
}
