// The records of logins: a folder with one file for each user who has one, named after the user. Read at each login; a
// file that can't be trusted or read lets nobody in, for it may hold a second factor.

import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AccountError } from '../model/account.ts';
import type { Log } from '../model/log.ts';
import { makeFolders } from '../model/make-folders.ts';
import { judgeAccess, mendReadable, mendWritable } from '../text-files/file-access.ts';
import { isSystemError, readSmallFile, UnfitFileError, unreadReason } from '../text-files/small-file.ts';
import { EMPTY_RECORD, formatLoginRecord, type LoginRecord, parseLoginRecord } from './login-record.ts';
import { UserFiles } from './user-files.ts';

const MAX_FILE_BYTES = 64 * 1024;

/** The folder of the records, beside the credentials file. */
export function loginRecordsFolder(credentialsFile: string): string {
  return join(dirname(credentialsFile), 'logins');
}

/** The folder, made if it is not there, and all that is in it: what is to be given to who will read and write it. */
export async function loginRecordsToGive(
  credentialsFile: string,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const folder = loginRecordsFolder(credentialsFile);
  await makeFolders({ mkdir, stat }, folder, 0o700);
  return { folder, files: (await readdir(folder)).map((name) => join(folder, name)) };
}

/** What is kept of the user can't be read, or could be anybody's. The log has the reason. */
export class LoginRecordError extends AccountError {
  /** What is wrong with which file, for whoever can mend it. */
  readonly reason: string;

  constructor(reason: string) {
    super('what is kept of the logins of this user is not in order; the log of the server says what to mend');
    this.reason = reason;
  }
}

export class LoginRecords {
  readonly #files: UserFiles;
  readonly #log: Log;
  /** Files that were warned of, so that it is done once. */
  readonly #warned = new Set<string>();

  constructor({ folder, log }: { folder: string; log: Log }) {
    this.#files = new UserFiles(folder);
    this.#log = log;
  }

  /** The record of `user`, an empty one where there is none. @throws LoginRecordError */
  async read(user: string): Promise<LoginRecord> {
    const file = this.#files.fileOf(user);
    const label = this.#files.labelOf(user);
    const fail = (text: string): never => {
      const reason = `${label}: ${text}`;
      this.#log.error(reason, { user });
      throw new LoginRecordError(reason);
    };
    try {
      // Before the file, which need not be there: who can take it out of the folder would take the second factor away.
      if (await this.#files.isOpenToOthers()) {
        return fail(`others can change the folder; mend it with: ${mendWritable(basename(this.#files.folder))}`);
      }
      const { bytes, stats } = await readSmallFile(file, MAX_FILE_BYTES);
      const access = judgeAccess(stats);
      if (access.writableByOthers) return fail(`others can change the file; mend it with: ${mendWritable(label)}`);
      if (access.readableByOthers) this.#warnOnce(label, `others can read the file: ${mendReadable(label)}`);
      const record = parseLoginRecord(bytes.toString('utf8'));
      return 'problem' in record ? fail(record.problem) : record;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return EMPTY_RECORD;
      if (error instanceof UnfitFileError) return fail(error.message);
      if (isSystemError(error)) return fail(`the file ${unreadReason(error)}`);
      throw error;
    }
  }

  /**
   * Changes a record while nobody else does, and resolves to the new one. An error of `change` leaves it as it is.
   *
   * @throws LoginRecordError, FileLockedError, the errors of the system, and what `change` throws
   */
  async edit(user: string, change: (record: LoginRecord) => LoginRecord): Promise<LoginRecord> {
    let after = EMPTY_RECORD;
    await this.#files.edit(user, async () => {
      const before = await this.read(user);
      after = change(before);
      return after === before ? undefined : Buffer.from(formatLoginRecord(after));
    });
    return after;
  }

  /** A password was set now; the codes that were wrong before it are forgiven. */
  async passwordSet(user: string, by: { mustChange: boolean }, nowMs: number = Date.now()): Promise<void> {
    await this.edit(user, ({ totp }) => ({
      passwordSetMs: nowMs,
      mustChangePassword: by.mustChange,
      totp: totp && { ...totp, wrong: undefined },
    }));
  }

  /** Removes the record of a user who is no more. */
  async forget(user: string): Promise<void> {
    await this.#files.forget(user);
  }

  #warnOnce(label: string, text: string): void {
    if (this.#warned.has(label)) return;
    this.#warned.add(label);
    this.#log.warn(`${label}: ${text}`);
  }
}
