// What went wrong with a verb, in words for the administrator.

import { BreachedFileError } from '../accounts/breached-passwords.ts';
import { AlwaysChangingError, NoFolderError } from '../accounts/edit-file.ts';
import { FileLockedError } from '../accounts/file-lock.ts';
import { CredentialsError } from '../accounts/load-credentials.ts';
import { LoginRecordError } from '../accounts/login-records.ts';
import { OverloadedError } from '../accounts/password-pool.ts';
import { AccountError } from '../model/account.ts';
import { AdministrationError } from '../model/administration.ts';
import { isSystemError } from '../text-files/small-file.ts';

/**
 * The error in words for the administrator; one that nobody foresaw as it is. No message shows the folders of the files
 * `hidden`; undefined where the administrator may see them.
 */
export function inWords(error: unknown, hidden: readonly string[] | undefined): unknown {
  const said = (message: string): AdministrationError => {
    const shown = (hidden ?? []).reduce((text, file) => text.replaceAll(file, lastName(file)), message);
    return new AdministrationError(shown);
  };
  if (error instanceof AdministrationError) return error;
  // There is no other log than what is written here.
  if (error instanceof LoginRecordError && hidden === undefined) return said(error.reason);
  if (error instanceof AccountError) return said(error.message);
  if (error instanceof CredentialsError) return said(error.reasons.join('\n'));
  if (error instanceof FileLockedError) {
    return said(hidden === undefined ? `${error.message}: rm ${error.lockFile}` : error.message);
  }
  if (error instanceof AlwaysChangingError || error instanceof NoFolderError || error instanceof BreachedFileError) {
    return said(error.message);
  }
  // Whoever may see no paths is told of an internal error, and the log has it.
  if (hidden === undefined && (isSystemError(error, 'EACCES') || isSystemError(error, 'EPERM'))) {
    return said(
      `${error.path ?? 'the files'}: this account may not change that (${error.code}); run it as the one that the server runs as`,
    );
  }
  if (error instanceof OverloadedError) return said('the server is busy: try again in a moment');
  return error;
}

function lastName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
