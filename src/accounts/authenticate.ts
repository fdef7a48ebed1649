// Turns a proof into an Identity, or refuses it. A refusal must not show whether the user exists: a wrong password, an
// unknown user and a locked one cost the same work, take the same time and get the same answer.

import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RefusalReason } from '../model/event.ts';
import type { Identity } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import { isUserName } from '../model/user-name.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { Argon2MissingError, MAX_PASSWORD_BYTES, normalisePassword } from './password.ts';
import { type PasswordHash, readHash } from './password-hash.ts';
import { OverloadedError, type Passwords } from './password-pool.ts';
import { type KeyType, keyTypeOf } from './public-key.ts';

export type Refusal = { readonly ok: false; readonly reason: RefusalReason };
type PasswordAnswer = { readonly ok: true; readonly identity: Identity } | Refusal;
type PublicKeyAnswer = { readonly ok: true; readonly identity: Identity; readonly fingerprint: string } | Refusal;

/** A public key as a client offers it: the algorithm's name and the key itself (RFC 4252, section 7). */
interface OfferedKey {
  readonly algorithm: string;
  readonly blob: Uint8Array;
}

/**
 * What else may keep somebody out whose proof is right; undefined: nothing. Asked before the answer is given, so that a
 * refusal for that comes like one for a wrong proof, and as late.
 */
export type Objection = () => RefusalReason | undefined | Promise<RefusalReason | undefined>;

export interface Authenticator {
  /** `password` is what came from the wire, whatever it is. */
  password(user: string, password: unknown, objection?: Objection): Promise<PasswordAnswer>;
  /** Whether the key may log `user` in. That the client holds the key is proven by its signature, checked elsewhere. */
  publicKey(user: string, key: OfferedKey, objection?: Objection): Promise<PublicKeyAnswer>;
  /** Waits until a refusal of what was begun at `startedMs`, on the clock of `performance.now()`, may be told. */
  refusalIsDue(startedMs: number): Promise<void>;
}

export interface AuthenticatorOptions {
  readonly store: Pick<AccountStore, 'find' | 'accounts'>;
  readonly keys: Pick<AuthorizedKeys, 'find'>;
  readonly passwords: Passwords;
  readonly log: Log;
  /** A refused password is answered not before this, counted from the call, and ... */
  readonly refusalMs?: number;
  /** ... up to this much later, so that what is left of differences drowns. */
  readonly jitterMs?: number;
  /**
   * Chooses whom an unknown user is checked like. All processes of a server need the same: whose cost differs from
   * connection to connection does not exist.
   */
  readonly standInKey?: Uint8Array;
  /** As `refusalMs`, of a key that does not let in: looking for one is quick, and clients offer several. */
  readonly keyRefusalMs?: number;
}

/** Makes the authenticator. Hashes one password on the way, which shows at start whether hashing works. */
export async function createAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { store, keys, passwords, log, refusalMs = 150, jitterMs = 30, keyRefusalMs = 10 } = options;
  const { standInKey: key = randomBytes(32) } = options;
  const newHash = readHash(await passwords.hash(randomBytes(16).toString('hex')));
  if (newHash.kind !== 'hash') throw new TypeError('a new password hash does not read back');
  const usualHash = newHash.hash;

  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();

  /** What an unknown user is checked against: always the same of the accounts, so that its cost is of one that exists. */
  function standIn(user: string): Account | undefined {
    const { accounts } = store;
    return accounts[digest(user).readUInt32BE(0) % accounts.length];
  }

  async function check(user: string, password: string): Promise<PasswordAnswer> {
    const account = store.find(user);
    const hash: PasswordHash = (account ?? standIn(user))?.hash ?? usualHash;
    const hashMatches = await passwords.verify(password, hash);
    const textMatches = timingSafeEqual(
      digest(normalisePassword(password)),
      digest(normalisePassword(account?.secret ?? '')),
    );
    if (account === undefined) return { ok: false, reason: 'unknown-user' };
    if (account.locked) return { ok: false, reason: 'locked' };
    if (!(account.hash === undefined ? textMatches : hashMatches)) return { ok: false, reason: 'wrong-password' };
    // The file may have changed while the password was hashed.
    const now = store.find(user);
    if (now === undefined) return { ok: false, reason: 'unknown-user' };
    if (now.locked) return { ok: false, reason: 'locked' };
    if (now.secret !== account.secret) return { ok: false, reason: 'wrong-password' };
    return { ok: true, identity: { user } };
  }

  async function checkOrRefuse(user: string, password: unknown, objection: Objection): Promise<PasswordAnswer> {
    // ssh2 hands over an object when the client asks to change the password (RFC 4252, section 8).
    if (typeof password !== 'string' || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
      return { ok: false, reason: 'malformed' };
    }
    try {
      const answer = await check(user, password);
      return answer.ok ? await withObjection(answer, objection) : answer;
    } catch (error) {
      if (error instanceof Argon2MissingError) log.error(error.message);
      else if (!(error instanceof OverloadedError)) log.unexpected(error, 'checking a password');
      return { ok: false, reason: 'overloaded' };
    }
  }

  async function checkKey(user: string, type: KeyType, blob: Uint8Array): Promise<PublicKeyAnswer> {
    if (!isUserName(user)) return { ok: false, reason: 'unknown-key' };
    // Looked up before the user is, so that an unknown user costs the same.
    const key = await keys.find(user, blob).catch((error: unknown) => {
      log.unexpected(error, 'reading authorized keys', { user });
      return undefined;
    });
    const account = store.find(user);
    if (account === undefined) return { ok: false, reason: 'unknown-user' };
    if (account.locked) return { ok: false, reason: 'locked' };
    if (key === undefined || key.type !== type) return { ok: false, reason: 'unknown-key' };
    return { ok: true, identity: { user }, fingerprint: key.fingerprint };
  }

  const refusalIsDue = (startedMs: number): Promise<void> =>
    delay(refusalMs + randomInt(jitterMs + 1) - (performance.now() - startedMs));

  return {
    async password(user, password, objection = NONE) {
      const started = performance.now();
      const answer = await checkOrRefuse(user, password, objection);
      if (!answer.ok) await refusalIsDue(started);
      return answer;
    },

    refusalIsDue,

    async publicKey(user, { algorithm, blob }, objection = NONE) {
      const type = keyTypeOf(algorithm);
      if (type === undefined) return { ok: false, reason: 'unknown-algorithm' };
      const started = performance.now();
      const known = await checkKey(user, type, blob);
      const answer = known.ok ? await withObjection(known, objection) : known;
      if (!answer.ok) await delay(keyRefusalMs + randomInt(keyRefusalMs + 1) - (performance.now() - started));
      return answer;
    },
  };
}

const NONE: Objection = () => undefined;

async function withObjection<Answer>(answer: Answer, objection: Objection): Promise<Answer | Refusal> {
  const reason = await objection();
  return reason === undefined ? answer : { ok: false, reason };
}
