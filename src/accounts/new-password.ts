// What a new password must be. Old ones are not judged: whoever has one logs in with it.

import { AccountError } from '../model/account.ts';
import { MAX_PASSWORD_BYTES, normalisePassword } from './password.ts';

/** @throws AccountError unless `password` can be typed, sent and stored as a new password. */
export function checkNewPassword(password: string): void {
  if (password === '') throw new AccountError('the password must not be empty');
  if (!password.isWellFormed()) throw new AccountError('the password is not text');
  if (/\p{Cc}/u.test(password)) throw new AccountError('the password must not hold control characters');
  const longest = Math.max(Buffer.byteLength(password), Buffer.byteLength(normalisePassword(password)));
  if (longest > MAX_PASSWORD_BYTES) {
    throw new AccountError(`the password must not be longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
}
