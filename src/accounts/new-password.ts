// What a new password must be: what can be typed, sent and stored, and what the rules ask for. Old ones are not judged:
// whoever has one logs in with it.

import { AccountError } from '../model/account.ts';
import type { PasswordRules } from '../model/rules.ts';
import { isBreached } from './breached-passwords.ts';
import { MAX_PASSWORD_BYTES, normalisePassword } from './password.ts';

/** @throws AccountError unless the rules take `password` as a new one; the errors of the system for their file. */
export async function checkNewPassword(password: string, rules: PasswordRules): Promise<void> {
  checkPasswordText(password);
  const length = [...normalisePassword(password)].length;
  if (length < rules.minLength) {
    throw new AccountError(`the password must have at least ${rules.minLength} characters; this has ${length}`);
  }
  if (rules.breachedFile !== '' && (await isBreached(rules.breachedFile, password))) {
    throw new AccountError('the password is on the list of those that everybody knows: choose another');
  }
}

/** @throws AccountError unless `password` can be typed, sent and stored as a new password. */
function checkPasswordText(password: string): void {
  if (password === '') throw new AccountError('the password must not be empty');
  if (!password.isWellFormed()) throw new AccountError('the password is not text');
  if (/\p{Cc}/u.test(password)) throw new AccountError('the password must not hold control characters');
  const longest = Math.max(Buffer.byteLength(password), Buffer.byteLength(normalisePassword(password)));
  if (longest > MAX_PASSWORD_BYTES) {
    throw new AccountError(`the password must not be longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
}
