// Everything that can be done to the accounts of others: the credentials file and the folder of keys, changed together.
// Who may do it is not asked here.

import { AccountError, type PublicKeyInfo } from '../model/account.ts';
import { type Account, hasPlainPassword } from './account.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { addUser, checkUserName, hashAll, removeUser, requireUser, setLocked, setSecret } from './edit-credentials.ts';
import { CredentialsError, loadCredentials, showRemark } from './load-credentials.ts';
import { checkNewPassword } from './new-password.ts';

/** What can be shown of an account. */
export interface AccountSummary {
  readonly user: string;
  /** How it stands in the file; `none` for somebody locked without one. */
  readonly password: 'argon2id' | 'scrypt' | 'plain' | 'none';
  readonly keys: number;
  readonly locked: boolean;
}

/** Methods fail with an AccountError for what was asked wrongly, and a CredentialsError for a file that is wrong already. */
export interface AccountEditor {
  list(): Promise<readonly AccountSummary[]>;
  find(user: string): Promise<AccountSummary>;
  /** Fails unless a user of this name can be added. */
  checkNewName(user: string): Promise<void>;
  /** Fails unless this can be a new password. */
  checkPassword(password: string): void | Promise<void>;
  add(user: string, password: string): Promise<void>;
  setPassword(user: string, password: string): Promise<void>;
  setLocked(user: string, locked: boolean): Promise<void>;
  /** Removes the user and the keys. The home stays. */
  remove(user: string): Promise<void>;
  /** Hashes what stands in the file as plain text; resolves to whose it was. */
  hashAll(): Promise<readonly string[]>;
  keys(user: string): Promise<readonly PublicKeyInfo[]>;
  addKey(user: string, line: string): Promise<PublicKeyInfo>;
  removeKey(user: string, fingerprint: string): Promise<PublicKeyInfo>;
}

export interface AccountEditorParts {
  /** The credentials file. */
  readonly file: string;
  readonly keys: Pick<AuthorizedKeys, 'list' | 'add' | 'remove' | 'forget'>;
  readonly hash: (password: string) => Promise<string>;
  /** Told of what is allowed in the file, and most likely not meant. */
  readonly warn: (text: string) => void;
}

export function createAccountEditor({ file, keys, hash, warn }: AccountEditorParts): AccountEditor {
  const accounts = async (): Promise<readonly Account[]> => {
    const loaded = await loadCredentials(file);
    if (loaded === undefined) throw new CredentialsError([`${file}: there is no such file`]);
    for (const warning of loaded.warnings) warn(showRemark(file, warning));
    return loaded.accounts;
  };
  const requireName = async (user: string): Promise<string> => requireUser(await accounts(), user).user;
  const summary = async (account: Account): Promise<AccountSummary> => ({
    user: account.user,
    password: account.hash?.scheme ?? (hasPlainPassword(account) ? 'plain' : 'none'),
    keys: (await keys.list(account.user)).length,
    locked: account.locked,
  });

  return {
    list: async () => {
      const summaries: AccountSummary[] = [];
      for (const account of await accounts()) summaries.push(await summary(account));
      return summaries;
    },
    find: async (user) => summary(requireUser(await accounts(), user)),
    checkNewName: async (user) => {
      checkUserName(user);
      const there = (await loadCredentials(file))?.accounts ?? [];
      if (there.some((account) => account.user === user)) throw new AccountError(`there is a user ${user} already`);
    },
    checkPassword: checkNewPassword,
    add: async (user, password) => addUser(file, user, await hash(password)),
    setPassword: async (user, password) => setSecret(file, user, await hash(password)),
    setLocked: (user, locked) => setLocked(file, user, locked),
    remove: async (user) => {
      const name = await requireName(user);
      // The keys go first: if this stops half-way, there is a user without keys and not keys without a user.
      await keys.forget(name);
      await removeUser(file, name);
    },
    hashAll: () => hashAll(file, hash),
    keys: async (user) => (await keys.list(await requireName(user))).map(infoOf),
    addKey: async (user, line) => infoOf(await keys.add(await requireName(user), line)),
    removeKey: async (user, fingerprint) => infoOf(await keys.remove(await requireName(user), fingerprint)),
  };
}

function infoOf({ fingerprint, type, comment }: PublicKeyInfo): PublicKeyInfo {
  return { fingerprint, type, comment };
}
