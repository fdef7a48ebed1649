// Sets another password for a user who has proven the old one: in the shell, or because it must be changed before the
// login goes on.

import { AccountError } from '../model/account.ts';
import type { Log } from '../model/log.ts';
import type { PasswordRules } from '../model/rules.ts';
import { isSystemError } from '../text-files/small-file.ts';
import type { AccountStore } from './account-store.ts';
import { BreachedFileError } from './breached-passwords.ts';
import { setSecret } from './edit-credentials.ts';
import { FileLockedError } from './file-lock.ts';
import { CredentialsError } from './load-credentials.ts';
import type { LoginRecords } from './login-records.ts';
import { checkNewPassword } from './new-password.ts';
import { Argon2MissingError, normalisePassword } from './password.ts';
import { readHash } from './password-hash.ts';
import { OverloadedError, type Passwords } from './password-pool.ts';

export interface PasswordChangeParts {
  /** The credentials file. */
  readonly file: string;
  readonly store: Pick<AccountStore, 'reload'>;
  readonly passwords: Passwords;
  readonly records: Pick<LoginRecords, 'passwordSet'>;
  readonly rules: () => PasswordRules;
}

/**
 * Makes `next` the password of `user`, whose stored secret is `secret`.
 *
 * @throws AccountError when the new one is not taken; errors of the machine, for `forUsers`
 */
export type ChangePassword = (user: string, secret: string, next: string) => Promise<void>;

export function createPasswordChange({ file, store, passwords, records, rules }: PasswordChangeParts): ChangePassword {
  return async (user, secret, next) => {
    await checkNewPassword(next, rules());
    if (await isSecret(secret, next, passwords)) throw new AccountError('the new password is the current one');
    await setSecret(file, user, await passwords.hash(next), secret);
    await records.passwordSet(user, { mustChange: false });
    await store.reload();
  };
}

async function isSecret(secret: string, password: string, passwords: Passwords): Promise<boolean> {
  const read = readHash(secret);
  if (read.kind === 'hash') return passwords.verify(password, read.hash);
  return normalisePassword(secret) === normalisePassword(password);
}

/** Turns what the machine has against a change into words that show nothing of the machine; logs the rest. */
export function forUsers(error: unknown, doing: string, user: string, log: Log): unknown {
  if (error instanceof AccountError) return error;
  if (error instanceof OverloadedError || error instanceof FileLockedError) {
    return new AccountError('the server is busy: try again in a moment');
  }
  if (error instanceof CredentialsError || error instanceof BreachedFileError || error instanceof Argon2MissingError) {
    const why = error instanceof CredentialsError ? 'the file of the users is not in order' : error.message;
    log.error(`${doing}: ${why}`, { user });
    return new AccountError('this can not be changed at the moment: the server has to be mended first');
  }
  if (isSystemError(error)) {
    const id = log.unexpected(error, doing, { user });
    return new AccountError(`the server could not write the change (${id})`);
  }
  return error;
}
