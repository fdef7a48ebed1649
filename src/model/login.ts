// The ways in: which proofs make a login, in which order, and what the rules say of one who has given some of them.

import type { AuthenticationMethod, RefusalReason } from './event.ts';
import type { Proof } from './rules.ts';

/**
 * Every way in, with its proofs in the order in which they are given. A key comes before a password, so that nobody
 * without the key finds out what the password is; the code comes last, for the same reason.
 */
export const WAYS_IN: Readonly<Record<AuthenticationMethod, readonly Proof[]>> = {
  publickey: ['publickey'],
  password: ['password'],
  'publickey+password': ['publickey', 'password'],
  'publickey+totp': ['publickey', 'totp'],
  'password+totp': ['password', 'totp'],
  'publickey+password+totp': ['publickey', 'password', 'totp'],
};

export const METHODS: readonly AuthenticationMethod[] = Object.keys(WAYS_IN) as AuthenticationMethod[];

/** Somebody who logs in, as the rules look at it. */
export interface LoginFacts {
  readonly user: string;
  readonly address: string;
  /** In the order they were given, the latest too. */
  readonly proofs: readonly Proof[];
  /** Whether the user has a second factor. */
  readonly hasTotp: boolean;
}

export type LoginVerdict =
  | { readonly kind: 'enough'; readonly method: AuthenticationMethod }
  /** One of these must follow. */
  | { readonly kind: 'more'; readonly next: readonly Proof[] }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** Somebody who is logged in, and how that came about. */
export interface LiveLogin {
  readonly user: string;
  readonly address: string;
  readonly method: AuthenticationMethod;
  /** SHA256 fingerprint of the public key, if there was one. */
  readonly key: string | undefined;
}
