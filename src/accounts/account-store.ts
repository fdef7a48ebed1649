// The accounts as the running server knows them: the last good state of the credentials file, which it follows.
// Knows who there is; what a proof is worth is decided in authenticate.ts.

import { basename } from 'node:path';
import type { Log } from '../model/log.ts';
import { mendReadable } from '../text-files/file-access.ts';
import { FollowedFile } from '../text-files/followed-file.ts';
import { type Account, hasPlainPassword } from './account.ts';
import { CredentialsError, type LoadedCredentials, loadCredentials, showRemark } from './load-credentials.ts';

/** How the users of one good state of the file differ from those before. */
export interface AccountChange {
  readonly added: readonly string[];
  /** Their sessions must end. */
  readonly removed: readonly string[];
  /** Users who were there before and are locked now. Their sessions must end. */
  readonly locked: readonly string[];
  /** Users with another secret than before, or no lock any more; their sessions may go on. */
  readonly changed: readonly string[];
}

export interface AccountStoreOptions {
  readonly file: string;
  readonly log: Log;
  readonly pollMs?: number;
  readonly settleMs?: number;
}

/**
 * Opens the credentials file and follows it.
 *
 * @throws CredentialsError when the file is missing or wrong. Later faults are logged, and the last good state stays.
 */
export async function openAccountStore(options: AccountStoreOptions): Promise<AccountStore> {
  const { file } = options;
  const loaded = await loadCredentials(file);
  if (loaded === undefined) {
    throw new CredentialsError([`${file}: there is no such file; make one with: sshome user add NAME`]);
  }
  return new AccountStore(options, loaded);
}

export class AccountStore {
  readonly #file: string;
  /** What the file is called in the log, which holds no host paths. */
  readonly #label: string;
  readonly #log: Log;
  readonly #followed: FollowedFile<AccountChange>;
  #accounts: readonly Account[] = [];
  #byUser: ReadonlyMap<string, Account> = new Map();

  constructor({ file, log, ...watchOptions }: AccountStoreOptions, loaded: LoadedCredentials) {
    this.#file = file;
    this.#label = basename(file);
    this.#log = log;
    this.#take(loaded);
    this.#followed = new FollowedFile({
      ...watchOptions,
      file,
      log,
      stamp: loaded.stamp,
      content: 'the users',
      read: () => this.#read(),
    });
  }

  find(user: string): Account | undefined {
    return this.#byUser.get(user);
  }

  /** All accounts, in the order of the file. */
  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  /** Calls `listener` after each change of users or secrets; returns what ends that. */
  onChange(listener: (change: AccountChange) => void): () => void {
    return this.#followed.onChange(listener);
  }

  /** Reads the file now. A fault is logged and the last good state stays: this never fails. */
  reload(): Promise<void> {
    return this.#followed.reload();
  }

  /** Resolves when nothing is read any more: nothing is logged after that. */
  close(): Promise<void> {
    return this.#followed.close();
  }

  async #read(): Promise<void> {
    try {
      const loaded = await loadCredentials(this.#file, this.#label);
      if (loaded !== undefined) this.#tell(this.#take(loaded));
      else this.#followed.keep([`${this.#label}: the file is gone`]);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      this.#followed.keep(error.reasons, error);
    }
  }

  #take({ accounts, access, warnings }: LoadedCredentials): AccountChange {
    const before = this.#byUser;
    const plainBefore = plainCount(this.#accounts);
    const now = new Map(accounts.map((account) => [account.user, account]));
    this.#accounts = accounts;
    this.#byUser = now;
    for (const warning of warnings) this.#log.warn(showRemark(this.#label, warning));
    if (plainCount(accounts) > plainBefore) this.#warnOfPlain(plainCount(accounts), access.readableByOthers);
    return changeBetween(before, now);
  }

  #warnOfPlain(count: number, readableByOthers: boolean): void {
    const readers = readableByOthers
      ? `, and other users of this machine can read them: ${mendReadable(this.#label)}`
      : '';
    this.#log.warn(
      `${count} ${count === 1 ? 'password stands' : 'passwords stand'} in ${this.#label} as plain text${readers}; ` +
        'hash them with: sshome user hash-all',
      { plain: count },
    );
  }

  #tell(change: AccountChange): void {
    const { added, removed, locked, changed } = change;
    if (added.length + removed.length + locked.length + changed.length === 0) return;
    this.#log.info('the users have changed', {
      added: added.length,
      removed: removed.length,
      locked: locked.length,
      changed: changed.length,
      users: this.#accounts.length,
    });
    this.#followed.tell(change);
  }
}

export function changeBetween(before: ReadonlyMap<string, Account>, now: ReadonlyMap<string, Account>): AccountChange {
  const accounts = [...now.values()];
  return {
    added: accounts.filter(({ user }) => !before.has(user)).map(({ user }) => user),
    removed: [...before.keys()].filter((user) => !now.has(user)),
    locked: accounts.filter(({ user, locked }) => locked && before.get(user)?.locked === false).map(({ user }) => user),
    changed: accounts.filter((account) => hasChanged(before.get(account.user), account)).map(({ user }) => user),
  };
}

/** How many of the accounts have a plain password. */
function plainCount(accounts: readonly Account[]): number {
  return accounts.filter(hasPlainPassword).length;
}

function hasChanged(before: Account | undefined, { secret, locked }: Account): boolean {
  return before !== undefined && (before.secret !== secret || (before.locked && !locked));
}
