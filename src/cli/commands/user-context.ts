// What the commands of `sshome user` share: the file they work on, and how they end when they are refused.

import type { Account } from '../../accounts/account.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../../accounts/authorized-keys.ts';
import { requireUser } from '../../accounts/edit-credentials.ts';
import { FileLockedError } from '../../accounts/file-lock.ts';
import { CredentialsError, loadCredentials, showRemark } from '../../accounts/load-credentials.ts';
import { LoginRecords, loginRecordsFolder } from '../../accounts/login-records.ts';
import { ANY_PASSWORD, type PasswordRules } from '../../model/rules.ts';
import { EXIT } from '../exit-code.ts';
import { InterruptedError } from '../prompt.ts';
import { stderrLog } from '../stderr-log.ts';

export interface UserCommandContext {
  readonly file: string;
  readonly keys: AuthorizedKeys;
  readonly records: LoginRecords;
  /** For new passwords. */
  readonly passwordRules: PasswordRules;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Runs a command, and tells in words why it was refused. */
export async function runUserCommand(
  args: Readonly<Record<string, unknown>>,
  command: (context: UserCommandContext) => Promise<void>,
): Promise<void> {
  const file = String(args['credentials'] ?? (process.env['SSHOME_CREDENTIALS'] || 'id_passwd.txt'));
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(file), log: stderrLog });
  const records = new LoginRecords({ folder: loginRecordsFolder(file), log: stderrLog });
  try {
    await command({ file, keys, records, passwordRules: ANY_PASSWORD, args });
  } catch (error) {
    if (error instanceof InterruptedError) {
      process.exitCode = EXIT.interrupted;
    } else {
      process.stderr.write(`sshome: ${wordsFor(error)}\n`);
      process.exitCode = EXIT.failed;
    }
  }
}

/** All accounts of the file. @throws CredentialsError */
export async function readAccounts(file: string): Promise<readonly Account[]> {
  const loaded = await loadCredentials(file);
  if (loaded === undefined) throw new CredentialsError([`${file}: there is no such file`]);
  for (const warning of loaded.warnings) stderrLog.warn(showRemark(file, warning));
  return loaded.accounts;
}

/** The account `name`. @throws AccountError, CredentialsError */
export async function findUser(file: string, name: string): Promise<Account> {
  return requireUser(await readAccounts(file), name);
}

function wordsFor(error: unknown): string {
  if (error instanceof FileLockedError) return `${error.message}: rm ${error.lockFile}`;
  if (error instanceof CredentialsError) return error.reasons.join('\nsshome: ');
  return error instanceof Error ? error.message : String(error);
}
