// The own account of an identity that is logged in: its password, keys and second factor. Whoever asks has proven who
// they are; to change the password, or to take the second factor away, they prove it again.

import { AccountError, type OwnAccount, type PublicKeyInfo } from '../model/account.ts';
import type { Audit } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import type { AccountStore } from './account-store.ts';
import type { Authenticator } from './authenticate.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { type ChangePassword, forUsers } from './change-password.ts';
import { OverloadedError } from './password-pool.ts';
import type { PublicKey } from './public-key.ts';
import { drawQrCode } from './qr-code.ts';
import type { SecondFactors } from './second-factor.ts';

export interface OwnAccountOptions {
  readonly identity: Identity;
  readonly origin: Origin;
  readonly store: Pick<AccountStore, 'find' | 'reload'>;
  readonly authenticator: Pick<Authenticator, 'password'>;
  readonly changePassword: ChangePassword;
  readonly keys: Pick<AuthorizedKeys, 'list' | 'add' | 'remove' | 'forget'>;
  readonly secondFactors: SecondFactors;
  /** Whether the rules let the user in without a second factor. */
  readonly mayDoWithoutTotp: (user: string) => boolean;
  readonly audit: Audit;
  readonly log: Log;
}

/** The account of one identity, over one connection. */
export function createOwnAccount(options: OwnAccountOptions): OwnAccount {
  const { identity, origin, store, authenticator, keys, secondFactors, audit, log } = options;
  const { user } = identity;

  /** Runs a change, and turns what the machine has against it into words that show nothing of the machine. */
  async function change<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      requireAccount();
      return await action();
    } catch (error) {
      throw forUsers(error, doing, user, log);
    }
  }

  function requireAccount(): string {
    const secret = store.find(user)?.secret;
    if (secret === undefined) throw new AccountError('this account is no more');
    return secret;
  }

  /** Of a user who was removed meanwhile nothing may stay behind: who gets the name next would let them in. */
  async function forgetUnlessThere(): Promise<void> {
    await store.reload();
    if (store.find(user) === undefined) await keys.forget(user);
    requireAccount();
  }

  async function requireCode(code: string): Promise<void> {
    const { kind } = await secondFactors.check(user, code);
    switch (kind) {
      case 'right':
      case 'recovery':
        return;
      case 'no-second-factor':
        throw new AccountError('there is no second factor');
      case 'too-many-codes':
        throw new AccountError('too many codes were wrong: try again in ten minutes');
      case 'used-code':
        throw new AccountError('this code was used already: wait for the next one');
      case 'wrong-code':
        throw new AccountError('the code is wrong; nothing was changed');
      default:
        return kind satisfies never;
    }
  }

  return {
    changePassword: (current, next) =>
      change('changing a password', async () => {
        const secret = requireAccount();
        const answer = await authenticator.password(user, current);
        if (!answer.ok && answer.reason === 'overloaded') throw new OverloadedError();
        if (!answer.ok) throw new AccountError('the current password is wrong');
        await options.changePassword(user, secret, next);
        audit({ ...origin, event: 'account.password-changed', user });
      }),

    keys: () => change('listing keys', async () => (await keys.list(user)).map(infoOf)),

    addKey: (line) =>
      change('adding a key', async () => {
        const info = infoOf(await keys.add(user, line));
        await forgetUnlessThere();
        audit({ ...origin, event: 'account.key-added', user, key: info.fingerprint });
        return info;
      }),

    removeKey: (fingerprint) =>
      change('removing a key', async () => {
        const info = infoOf(await keys.remove(user, fingerprint));
        audit({ ...origin, event: 'account.key-removed', user, key: info.fingerprint });
        return info;
      }),

    secondFactor: () =>
      change('looking at a second factor', async () => {
        const status = await secondFactors.status(user);
        return status && { since: status.since, recoveryCodesLeft: status.recoveryCodesLeft };
      }),

    newSecondFactor: () =>
      change('making a second factor', async () => {
        if ((await secondFactors.status(user)) !== undefined) {
          throw new AccountError('there is a second factor already: disable it first');
        }
        const enrolment = secondFactors.prepare(user);
        const { secretText, uri, recoveryCodes } = enrolment;
        return {
          secret: secretText,
          uri,
          qrCode: drawQrCode(uri),
          recoveryCodes,
          enable: (code) =>
            change('enabling a second factor', async () => {
              await secondFactors.enable(enrolment, code);
              audit({ ...origin, event: 'account.totp-enabled', user });
            }),
        };
      }),

    disableSecondFactor: (code) =>
      change('disabling a second factor', async () => {
        if (!options.mayDoWithoutTotp(user)) {
          throw new AccountError('your role demands a second factor: an administrator can give you another one');
        }
        await requireCode(code);
        await secondFactors.disable(user);
        audit({ ...origin, event: 'account.totp-disabled', user });
      }),

    newRecoveryCodes: (code) =>
      change('renewing recovery codes', async () => {
        await requireCode(code);
        const codes = await secondFactors.renewRecoveryCodes(user);
        audit({ ...origin, event: 'account.recovery-codes-renewed', user });
        return codes;
      }),
  };
}

function infoOf({ fingerprint, type, comment }: PublicKey): PublicKeyInfo {
  return { fingerprint, type, comment };
}
