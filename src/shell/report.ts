// What a failure tells the user, and the exit status it ends with: the one place of the shell where errors become text.

import { AccountError } from '../model/account.ts';
import { AdministrationError, VerbUsageError } from '../model/administration.ts';
import { FILE_ERROR_TEXT, type FileError, type FileErrorCode, isFileError } from '../model/error.ts';
import type { Log } from '../model/log.ts';
import { PeerGone } from '../streams/peer-gone.ts';
import { UsageError } from './options.ts';
import { ParseError } from './parse.ts';
import { EnoughSeen, Interrupted } from './stop.ts';

/** The exit statuses of the shell and of single commands. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** sysexits.h, EX_SOFTWARE: a fault of the server. */
  internal: 70,
  unknownCommand: 127,
  /** As after SIGINT. */
  interrupted: 130,
} as const;

interface FileErrorReport {
  readonly text: string;
  readonly status: number;
}

const failure = (code: FileErrorCode): FileErrorReport => ({ text: FILE_ERROR_TEXT[code], status: EXIT.failed });

const FILE_ERROR_REPORT: Readonly<Record<FileErrorCode, FileErrorReport>> = {
  'not-found': failure('not-found'),
  'permission-denied': failure('permission-denied'),
  'already-exists': failure('already-exists'),
  'not-a-directory': failure('not-a-directory'),
  'is-a-directory': failure('is-a-directory'),
  'not-empty': failure('not-empty'),
  'invalid-path': failure('invalid-path'),
  'invalid-argument': failure('invalid-argument'),
  'link-loop': failure('link-loop'),
  'read-only': failure('read-only'),
  'no-space': failure('no-space'),
  'quota-exceeded': failure('quota-exceeded'),
  'too-large': failure('too-large'),
  'too-many-open': failure('too-many-open'),
  'cross-device': failure('cross-device'),
  busy: failure('busy'),
  unsupported: failure('unsupported'),
  cancelled: { text: FILE_ERROR_TEXT.cancelled, status: EXIT.interrupted },
  closed: failure('closed'),
  'io-error': failure('io-error'),
};

export interface Report {
  /** What to write on the error output; undefined when there is nothing to say. */
  readonly text: string | undefined;
  readonly status: number;
}

/** The report of what `command` threw. `operand` is how the user wrote the path, when that is what failed. */
export function reportError(error: unknown, about: { command: string; log: Log; operand?: string }): Report {
  const { command } = about;
  if (error instanceof EnoughSeen) return { text: undefined, status: EXIT.ok };
  if (error instanceof Interrupted) return { text: undefined, status: EXIT.interrupted };
  if (error instanceof PeerGone) return { text: undefined, status: EXIT.failed };
  if (isFileError(error)) return fileErrorReport(error, command, about.operand);
  if (error instanceof AccountError || error instanceof ParseError) {
    return { text: `${command}: ${error.message}`, status: error instanceof ParseError ? EXIT.usage : EXIT.failed };
  }
  if (error instanceof AdministrationError) {
    const status = error instanceof VerbUsageError ? EXIT.usage : EXIT.failed;
    return { text: `${command}: ${error.message}`, status };
  }
  if (error instanceof UsageError) {
    return { text: `${command}: ${error.message}\n${error.usage}`, status: EXIT.usage };
  }
  const id = about.log.unexpected(error, `shell command ${command}`);
  return { text: `${command}: Internal error (${id})`, status: EXIT.internal };
}

function fileErrorReport(error: FileError, command: string, operand: string | undefined): Report {
  const { text, status } = FILE_ERROR_REPORT[error.code];
  const where = operand ?? error.path;
  const sentence = error.detail === undefined ? text : `${text}: ${error.detail}`;
  return { text: where === undefined ? `${command}: ${sentence}` : `${command}: ${where}: ${sentence}`, status };
}
