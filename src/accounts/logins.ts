// Puts the parts of a login together for server.ts: records, second factors, changes of passwords, and the rules that
// they follow.

import type { OwnAccount } from '../model/account.ts';
import type { Audit } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import type { LoginFacts, LoginVerdict } from '../model/login.ts';
import type { PasswordRules } from '../model/rules.ts';
import type { AccountStore } from './account-store.ts';
import type { Authenticator } from './authenticate.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { createPasswordChange } from './change-password.ts';
import { LoginRecords, loginRecordsFolder } from './login-records.ts';
import { createLoginSteps, type LoginSteps } from './login-steps.ts';
import { createOwnAccount } from './own-account.ts';
import type { Passwords } from './password-pool.ts';
import { SecondFactors } from './second-factor.ts';

export interface LoginsParts {
  /** The credentials file. */
  readonly file: string;
  readonly store: Pick<AccountStore, 'find' | 'accounts' | 'reload'>;
  readonly keys: AuthorizedKeys;
  readonly passwords: Passwords;
  readonly authenticator: Authenticator;
  /** Whether the rules, as they are now, let somebody in. */
  readonly judge: (facts: LoginFacts) => LoginVerdict;
  readonly passwordRules: () => PasswordRules;
  /** Whether the user may have one more session. */
  readonly hasRoom: (user: string) => Promise<boolean>;
  readonly audit: Audit;
  readonly log: Log;
}

export interface Logins {
  openLogin(origin: Origin): LoginSteps;
  ownAccount(identity: Identity, origin: Origin): OwnAccount;
}

export function createLogins(parts: LoginsParts): Logins {
  const { file, store, keys, passwords, authenticator, judge, passwordRules, hasRoom, audit, log } = parts;
  const records = new LoginRecords({ folder: loginRecordsFolder(file), log });
  const secondFactors = new SecondFactors({ records });
  const changePassword = createPasswordChange({ file, store, passwords, records, rules: passwordRules });
  return {
    openLogin: (origin) =>
      createLoginSteps({
        origin,
        store,
        keys,
        authenticator,
        records,
        secondFactors,
        changePassword,
        judge,
        passwordRules,
        hasRoom,
        audit,
        log,
      }),
    ownAccount: (identity, origin) =>
      createOwnAccount({
        identity,
        origin,
        store,
        authenticator,
        changePassword,
        keys,
        secondFactors,
        mayDoWithoutTotp: (user) => mayDoWithoutTotp(user, origin.address, judge),
        audit,
        log,
      }),
  };
}

/** Whether some proof but a code would still let the user in, or lead on, without a second factor. */
function mayDoWithoutTotp(user: string, address: string, judge: LoginsParts['judge']): boolean {
  return (['publickey', 'password'] as const).some(
    (proof) => judge({ user, address, proofs: [proof], hasTotp: false }).kind !== 'refused',
  );
}
