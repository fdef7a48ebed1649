// One user with the own proof, as the credentials file has it.

import type { PasswordHash } from './password-hash.ts';

export interface Account {
  readonly user: string;
  /**
   * A password, or a hash as a PHC string: what stands after the first colon, without the mark of a lock. Empty only
   * behind such a mark. Never shown or logged.
   */
  readonly secret: string;
  /** The secret, read; undefined when it is a plain password, or none. */
  readonly hash: PasswordHash | undefined;
  /** Whether a `!` stands before the secret: the user may not log in, by whatever method. */
  readonly locked: boolean;
  /** Where it stands in the file, from 1. */
  readonly line: number;
}

/** Stands before the secret of a locked user, as in shadow(5). */
export const LOCK_MARK = '!';

/** Whether the password stands in the file as it is typed. */
export function hasPlainPassword({ hash, secret }: Pick<Account, 'hash' | 'secret'>): boolean {
  return hash === undefined && secret !== '';
}

/** The line of an account in the credentials file. */
export function accountLine({ user, secret, locked }: Pick<Account, 'user' | 'secret' | 'locked'>): string {
  return `${user}:${locked ? LOCK_MARK : ''}${secret}`;
}
