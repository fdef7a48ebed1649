// What a failed command says, and its exit status.

import { isConnectionError } from '../client/connection-error.ts';
import { isFileError } from '../model/error.ts';
import { printable } from '../model/printable.ts';
import { EXIT } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

/** A sentence for people, safe to show on a terminal, without the program's name. */
export function describeFailure(error: unknown): string {
  if (isConnectionError(error, 'host-key-unknown')) {
    return `${error.message}\nIf that is right: connect from a terminal and say yes, or add --accept-new.`;
  }
  if (error instanceof UsageError) return error.message;
  // The parts of these messages that come from elsewhere are escaped where they were made.
  if (isConnectionError(error)) return error.message;
  if (isFileError(error, 'closed') && isConnectionError(error.cause)) return error.cause.message;
  if (isFileError(error)) {
    return error.path === undefined || error.path === '' ? error.message : `${printable(error.path)}: ${error.message}`;
  }
  return error instanceof Error ? printable(error.message) : printable(String(error));
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  const reason = isFileError(error, 'closed') ? error.cause : error;
  if (isConnectionError(reason, 'cancelled') || isFileError(error, 'cancelled')) return EXIT.interrupted;
  if (isConnectionError(error) || isFileError(error, 'closed')) return EXIT.connection;
  return EXIT.failed;
}

/** A failure in the form that `--json` prints. */
export function failureAsJson(error: unknown): { code: string; message: string } {
  const code = isFileError(error) || isConnectionError(error) ? error.code : 'failed';
  return { code, message: describeFailure(error) };
}
