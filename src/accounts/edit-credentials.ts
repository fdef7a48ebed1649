// Changes the credentials file: adds, removes and re-hashes users. Two edits at once lose nothing, and neither does a
// crash: the file is locked, and replaced in one step.

import { AccountError } from '../model/account.ts';
import { foldUserName, isUserName, USER_NAME_RULE } from '../model/user-name.ts';
import { type Account, accountLine, hasPlainPassword } from './account.ts';
import { AlwaysChangingError, editFile, NoFolderError } from './edit-file.ts';
import { type Lines, linesOf } from './edit-lines.ts';
import { CredentialsError, loadCredentials } from './load-credentials.ts';

/**
 * Adds a user; makes the file when there is none. `secret` is a hash.
 *
 * @throws AccountError for a bad or taken name, CredentialsError when the file is wrong already.
 */
export async function addUser(file: string, user: string, secret: string): Promise<void> {
  checkUserName(user);
  const add = (accounts: readonly Account[], lines: Lines): void => {
    const taken = accounts.find((account) => foldUserName(account.user) === foldUserName(user));
    if (taken?.user === user) throw new AccountError(`there is a user ${user} already`);
    if (taken !== undefined) throw new AccountError(`${user} differs only in case from the user ${taken.user}`);
    lines.append(accountLine({ user, secret, locked: false }));
  };
  await editCredentials(file, add, { mayMake: true });
}

/**
 * Gives a user another secret; who is locked stays so. With `expected` only while the secret is still that one.
 *
 * @throws AccountError, CredentialsError
 */
export async function setSecret(file: string, user: string, secret: string, expected?: string): Promise<void> {
  await editCredentials(file, (accounts, lines) => {
    const account = requireUser(accounts, user);
    if (expected !== undefined && account.secret !== expected) {
      throw new AccountError('the password was changed by somebody else in the meantime');
    }
    lines.set(account.line, accountLine({ ...account, secret }));
  });
}

/**
 * Locks a user out, or lets one in again by what let in before.
 *
 * @throws AccountError when there is nothing to change, CredentialsError
 */
export async function setLocked(file: string, user: string, locked: boolean): Promise<void> {
  await editCredentials(file, (accounts, lines) => {
    const account = requireUser(accounts, user);
    if (account.locked === locked) throw new AccountError(`${user} is ${locked ? 'locked already' : 'not locked'}`);
    if (account.secret === '')
      throw new AccountError(`${user} has no password: set one with: sshome user passwd ${user}`);
    lines.set(account.line, accountLine({ ...account, locked }));
  });
}

/** Removes a user. The home stays. @throws AccountError, CredentialsError */
export async function removeUser(file: string, user: string): Promise<void> {
  await editCredentials(file, (accounts, lines) => lines.set(requireUser(accounts, user).line, undefined));
}

/** How many passwords `hashAll` hashes before it writes them: what is lost at most when it is stopped. */
const HASHED_AT_ONCE = 32;

/**
 * Hashes every plain password. Hashing is done before the file is locked; who got another password in the meantime is
 * left for the next round. Resolves to the users whose passwords were hashed.
 */
export async function hashAll(file: string, hash: (password: string) => Promise<string>): Promise<readonly string[]> {
  const done = new Set<string>();
  for (;;) {
    const accounts = (await loadCredentials(file))?.accounts ?? noFile(file);
    const plain = accounts.filter(hasPlainPassword).slice(0, HASHED_AT_ONCE);
    if (plain.length === 0) return [...done];
    const hashed = await Promise.all(plain.map(async (account) => ({ account, secret: await hash(account.secret) })));
    await editCredentials(file, (now, lines) => {
      const byUser = new Map(now.map((account) => [account.user, account]));
      for (const { account, secret } of hashed) {
        const current = byUser.get(account.user);
        if (current?.secret !== account.secret) continue;
        lines.set(current.line, accountLine({ ...current, secret }));
        done.add(account.user);
      }
    });
  }
}

/** @throws AccountError with the rule, unless `user` can be the name of a user. */
export function checkUserName(user: string): void {
  if (!isUserName(user)) throw new AccountError(`this name is not allowed: ${USER_NAME_RULE}`);
}

/** The account of `user`. @throws AccountError */
export function requireUser(accounts: readonly Account[], user: string): Account {
  const account = accounts.find((candidate) => candidate.user === user);
  if (account === undefined) throw new AccountError('there is no such user');
  return account;
}

/**
 * Changes lines of the file while no other edit does. `edit` gets what is there now; it is called again when somebody
 * who knows nothing of the lock saved the file meanwhile. A file that is not there is an error, unless one may be made.
 *
 * @throws AccountError, CredentialsError, FileLockedError
 */
export async function editCredentials(
  file: string,
  edit: (accounts: readonly Account[], lines: Lines) => void,
  { mayMake = false }: { readonly mayMake?: boolean } = {},
): Promise<void> {
  try {
    await editFile({
      file,
      read: (target) => loadCredentials(target, file),
      edit: (loaded) => {
        if (loaded === undefined && !mayMake) noFile(file);
        const before = loaded?.bytes.toString('utf8') ?? '';
        const lines = linesOf(before);
        edit(loaded?.accounts ?? [], lines);
        const after = lines.toString();
        return after === before ? undefined : Buffer.from(after);
      },
    });
  } catch (error) {
    if (error instanceof NoFolderError) throw new CredentialsError([error.message]);
    if (error instanceof AlwaysChangingError) {
      throw new AccountError('the file of the users changes all the time; nothing was changed here');
    }
    throw error;
  }
}

function noFile(file: string): never {
  throw new CredentialsError([`${file}: there is no such file; make one with: sshome user add NAME`]);
}
