// What is looked at before a server starts: warned of, or refused.

import type { AccountStore } from '../accounts/account-store.ts';
import type { Passwords } from '../accounts/password-pool.ts';
import { findSampleUsers } from '../accounts/sample-users.ts';
import type { Config } from '../config/schema.ts';
import { isLoopback } from '../model/address.ts';
import type { Log } from '../model/log.ts';
import { nativeCiphers } from '../sshd/ssh2-internals.ts';
import { chooseJail } from '../storage/choose-jail.ts';
import { StartError } from './start-error.ts';

export function warnOfHost(log: Log, { runAs }: Config): void {
  if (!nativeCiphers) {
    log.warn(
      'the native ciphers of ssh2 are not built: transfers are slow and chacha20-poly1305 is not offered; ' +
        'with a C++ compiler installed, run: npm rebuild ssh2',
    );
  }
  if (chooseJail() === 'portable') {
    log.warn('this host has no /proc: homes are guarded by a weaker jail, for development only');
  }
  if (process.getuid?.() === 0 && runAs === '') {
    log.warn('serving as root, for whom no file mode is a bar; start it as another user, or with --run-as USER');
  }
}

/** Passwords that everybody can read in the documentation must not be within everybody's reach. */
export async function refuseSamplePasswords(host: string, store: AccountStore, passwords: Passwords): Promise<void> {
  if (isLoopback(host)) return;
  const users = await findSampleUsers({ accounts: store.accounts, passwords });
  if (users.length === 0) return;
  throw new StartError([
    `the sample passwords of ${users.join(', ')} are known to everybody, so ${host} is not served with them; ` +
      `change each with: sshome user passwd ${users[0]}, or remove it with: sshome user remove ${users[0]}; ` +
      'or serve 127.0.0.1 alone',
  ]);
}
