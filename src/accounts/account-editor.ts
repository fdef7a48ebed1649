// Everything that can be done to the accounts of others: the credentials file, and the folders of keys and of what is kept
// of logins, changed together.
// Who may do it is not asked here.

import { AccountError, type PublicKeyInfo } from '../model/account.ts';
import type { PasswordRules } from '../model/rules.ts';
import { type Account, hasPlainPassword } from './account.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { addUser, checkUserName, hashAll, removeUser, requireUser, setLocked, setSecret } from './edit-credentials.ts';
import { CredentialsError, loadCredentials, showRemark } from './load-credentials.ts';
import { LoginRecordError, type LoginRecords } from './login-records.ts';
import { checkNewPassword } from './new-password.ts';
import { type SecondFactorStatus, SecondFactors } from './second-factor.ts';

/** What can be shown of an account. */
export interface AccountSummary {
  readonly user: string;
  /** How it stands in the file; `none` for somebody locked without one. */
  readonly password: 'argon2id' | 'scrypt' | 'plain' | 'none';
  readonly keys: number;
  readonly locked: boolean;
  /** Whether there is a second factor. */
  readonly totp: boolean;
  /** Whether the password must be changed at the next login. */
  readonly mustChange: boolean;
}

/**
 * An account in the list whose logins can't be read: a second factor may stand there, so nothing lets in until that is
 * mended.
 */
export interface UnreadableAccount extends Omit<AccountSummary, 'totp' | 'mustChange'> {
  readonly unreadable: true;
}

/** Methods fail with an AccountError for what was asked wrongly, and a CredentialsError for a file that is wrong already. */
export interface AccountEditor {
  /** One whose logins can't be read is no reason not to see the others. */
  list(): Promise<readonly (AccountSummary | UnreadableAccount)[]>;
  find(user: string): Promise<AccountSummary>;
  /** Fails unless a user of this name can be added. */
  checkNewName(user: string): Promise<void>;
  /** Fails unless this can be a new password. */
  checkPassword(password: string): Promise<void>;
  add(user: string, password: string, by: NewPasswordUse): Promise<void>;
  setPassword(user: string, password: string, by: NewPasswordUse): Promise<void>;
  setLocked(user: string, locked: boolean): Promise<void>;
  /** Removes the user, the keys and the second factor. The home stays. */
  remove(user: string): Promise<void>;
  /** Hashes what stands in the file as plain text; resolves to whose it was. */
  hashAll(): Promise<readonly string[]>;
  keys(user: string): Promise<readonly PublicKeyInfo[]>;
  addKey(user: string, line: string): Promise<PublicKeyInfo>;
  removeKey(user: string, fingerprint: string): Promise<PublicKeyInfo>;
  /** Undefined when there is none. */
  secondFactor(user: string): Promise<SecondFactorStatus | undefined>;
  disableSecondFactor(user: string): Promise<void>;
  /** Resolves to new recovery codes, which take the place of the old ones. */
  renewRecoveryCodes(user: string): Promise<readonly string[]>;
}

export interface NewPasswordUse {
  /** Whether the user must choose another one at the next login. */
  readonly mustChange: boolean;
}

export interface AccountEditorParts {
  /** The credentials file. */
  readonly file: string;
  readonly keys: Pick<AuthorizedKeys, 'list' | 'add' | 'remove' | 'forget'>;
  readonly records: Pick<LoginRecords, 'read' | 'edit' | 'passwordSet' | 'forget'>;
  readonly hash: (password: string) => Promise<string>;
  /** For new passwords. */
  readonly passwordRules: () => PasswordRules | Promise<PasswordRules>;
  /** Told of what is allowed in the file, and most likely not meant. */
  readonly warn: (text: string) => void;
}

export function createAccountEditor(parts: AccountEditorParts): AccountEditor {
  const { file, keys, records, hash, passwordRules, warn } = parts;
  const secondFactors = new SecondFactors({ records });
  const accounts = async (): Promise<readonly Account[]> => {
    const loaded = await loadCredentials(file);
    if (loaded === undefined) throw new CredentialsError([`${file}: there is no such file`]);
    for (const warning of loaded.warnings) warn(showRemark(file, warning));
    return loaded.accounts;
  };
  const requireName = async (user: string): Promise<string> => requireUser(await accounts(), user).user;
  const known = async (account: Account) => {
    const { user, locked } = account;
    const password = account.hash?.scheme ?? (hasPlainPassword(account) ? 'plain' : 'none');
    return { user, password, keys: (await keys.list(user)).length, locked } as const;
  };
  const summary = async (account: Account): Promise<AccountSummary> => {
    const record = await records.read(account.user);
    return { ...(await known(account)), totp: record.totp !== undefined, mustChange: record.mustChangePassword };
  };
  const listed = async (account: Account): Promise<AccountSummary | UnreadableAccount> => {
    try {
      return await summary(account);
    } catch (error) {
      if (!(error instanceof LoginRecordError)) throw error;
      return { ...(await known(account)), unreadable: true };
    }
  };

  return {
    list: async () => {
      const summaries: (AccountSummary | UnreadableAccount)[] = [];
      for (const account of await accounts()) summaries.push(await listed(account));
      return summaries;
    },
    find: async (user) => summary(requireUser(await accounts(), user)),
    checkNewName: async (user) => {
      checkUserName(user);
      const there = (await loadCredentials(file))?.accounts ?? [];
      if (there.some((account) => account.user === user)) throw new AccountError(`there is a user ${user} already`);
      // Before anything is done: a user who is added and can't log in would be.
      await records.read(user);
    },
    checkPassword: async (password) => checkNewPassword(password, await passwordRules()),
    add: async (user, password, by) => {
      await addUser(file, user, await hash(password));
      await records.passwordSet(user, by);
    },
    setPassword: async (user, password, by) => {
      await setSecret(file, user, await hash(password));
      await records.passwordSet(user, by);
    },
    setLocked: (user, locked) => setLocked(file, user, locked),
    remove: async (user) => {
      const name = await requireName(user);
      // The keys go first: if this stops half-way, there is a user without keys and not keys without a user.
      await keys.forget(name);
      await removeUser(file, name);
      // The second factor goes after that: without it, the password of a user who is still there would be enough.
      await records.forget(name);
      // What the user has added meanwhile. Whoever adds a key later sees that there is no such user.
      await keys.forget(name);
    },
    hashAll: () => hashAll(file, hash),
    keys: async (user) => (await keys.list(await requireName(user))).map(infoOf),
    addKey: async (user, line) => infoOf(await keys.add(await requireName(user), line)),
    removeKey: async (user, fingerprint) => infoOf(await keys.remove(await requireName(user), fingerprint)),
    secondFactor: async (user) => secondFactors.status(await requireName(user)),
    disableSecondFactor: async (user) => secondFactors.disable(await requireName(user)),
    renewRecoveryCodes: async (user) => secondFactors.renewRecoveryCodes(await requireName(user)),
  };
}

function infoOf({ fingerprint, type, comment }: PublicKeyInfo): PublicKeyInfo {
  return { fingerprint, type, comment };
}
