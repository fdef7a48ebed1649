// One user with the own proof, as the credentials file has it.

import type { PasswordHash } from './password-hash.ts';

export interface Account {
  readonly user: string;
  /** What stands after the first colon: a password, or a hash as a PHC string. Never shown or logged. */
  readonly secret: string;
  /** The secret, read; undefined when it is a plain password. */
  readonly hash: PasswordHash | undefined;
  /** Where it stands in the file, from 1. */
  readonly line: number;
}
