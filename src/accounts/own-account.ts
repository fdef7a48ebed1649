// The own account of an identity that is logged in: its password and keys. Whoever asks has proven who they are; to
// change the password, they prove it again.

import { AccountError, type OwnAccount, type PublicKeyInfo } from '../model/account.ts';
import type { Audit } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import { isSystemError } from '../text-files/small-file.ts';
import type { AccountStore } from './account-store.ts';
import type { Authenticator } from './authenticate.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { setSecret } from './edit-credentials.ts';
import { FileLockedError } from './file-lock.ts';
import { CredentialsError } from './load-credentials.ts';
import { checkNewPassword } from './new-password.ts';
import { normalisePassword } from './password.ts';
import { OverloadedError, type Passwords } from './password-pool.ts';
import type { PublicKey } from './public-key.ts';

export interface OwnAccountOptions {
  readonly identity: Identity;
  readonly origin: Origin;
  /** The credentials file. */
  readonly file: string;
  readonly store: Pick<AccountStore, 'find' | 'reload'>;
  readonly authenticator: Pick<Authenticator, 'password'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly keys: Pick<AuthorizedKeys, 'list' | 'add' | 'remove'>;
  readonly audit: Audit;
  readonly log: Log;
}

/** The account of one identity, over one connection. */
export function createOwnAccount(options: OwnAccountOptions): OwnAccount {
  const { identity, origin, file, store, authenticator, passwords, keys, audit, log } = options;
  const { user } = identity;

  /** Runs a change, and turns what the machine has against it into words that show nothing of the machine. */
  async function change<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      requireAccount();
      return await action();
    } catch (error) {
      if (error instanceof AccountError) throw error;
      if (error instanceof OverloadedError || error instanceof FileLockedError) {
        throw new AccountError('the server is busy: try again in a moment');
      }
      if (error instanceof CredentialsError) {
        log.error(`${doing}: the file of the users is not in order`, { user });
        throw new AccountError('this can not be changed at the moment: the server has to be mended first');
      }
      if (isSystemError(error)) {
        const id = log.unexpected(error, doing, { user });
        throw new AccountError(`the server could not write the change (${id})`);
      }
      throw error;
    }
  }

  function requireAccount(): string {
    const secret = store.find(user)?.secret;
    if (secret === undefined) throw new AccountError('this account is no more');
    return secret;
  }

  return {
    changePassword: (current, next) =>
      change('changing a password', async () => {
        const secret = requireAccount();
        checkNewPassword(next);
        const answer = await authenticator.password(user, current);
        if (!answer.ok && answer.reason === 'overloaded') throw new OverloadedError();
        if (!answer.ok) throw new AccountError('the current password is wrong');
        if (normalisePassword(next) === normalisePassword(current))
          throw new AccountError('the new password is the current one');
        await setSecret(file, user, await passwords.hash(next), secret);
        audit({ ...origin, event: 'account.password-changed', user });
        await store.reload();
      }),

    keys: () => change('listing keys', async () => (await keys.list(user)).map(infoOf)),

    addKey: (line) =>
      change('adding a key', async () => {
        const info = infoOf(await keys.add(user, line));
        audit({ ...origin, event: 'account.key-added', user, key: info.fingerprint });
        return info;
      }),

    removeKey: (fingerprint) =>
      change('removing a key', async () => {
        const info = infoOf(await keys.remove(user, fingerprint));
        audit({ ...origin, event: 'account.key-removed', user, key: info.fingerprint });
        return info;
      }),
  };
}

function infoOf({ fingerprint, type, comment }: PublicKey): PublicKeyInfo {
  return { fingerprint, type, comment };
}
