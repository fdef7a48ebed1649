// What went wrong -> the STATUS that says so. The one place that decides it; handlers throw.

import { type FileErrorCode, isFileError } from '../model/error.ts';
import type { Log } from '../model/log.ts';
import { printable } from '../model/printable.ts';
import { STATUS, type StatusCode } from './codec/constants.ts';
import { statusResponse } from './codec/responses.ts';

/** An answer that is the protocol's own and no file error: end of file, a handle that is none. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: StatusCode;

  constructor(status: StatusCode, text: string) {
    super(text);
    this.status = status;
  }
}

/** As OpenSSH maps errno values; what version 3 has no code for is FAILURE with a text. */
const STATUS_OF: Readonly<Record<FileErrorCode, StatusCode>> = {
  'not-found': STATUS.noSuchFile,
  'permission-denied': STATUS.permissionDenied,
  'already-exists': STATUS.failure,
  'not-a-directory': STATUS.noSuchFile,
  'is-a-directory': STATUS.failure,
  'not-empty': STATUS.failure,
  'invalid-path': STATUS.badMessage,
  'invalid-argument': STATUS.badMessage,
  'link-loop': STATUS.noSuchFile,
  'read-only': STATUS.permissionDenied,
  'no-space': STATUS.failure,
  'quota-exceeded': STATUS.failure,
  'too-large': STATUS.failure,
  'too-many-open': STATUS.failure,
  'cross-device': STATUS.failure,
  busy: STATUS.failure,
  unsupported: STATUS.opUnsupported,
  cancelled: STATUS.failure,
  closed: STATUS.failure,
  'io-error': STATUS.failure,
};

/**
 * The reply to request `id`, which failed with `error`. Of what nobody foresaw the client learns the number under
 * which the log has it. `doing` names the request, for the log.
 */
export function failureResponse(id: number, error: unknown, doing: string, log: Log): Buffer {
  if (error instanceof StatusError) return statusResponse(id, error.status, error.message);
  if (isFileError(error)) return statusResponse(id, STATUS_OF[error.code], printable(error.message));
  const errorId = log.unexpected(error, `answering the SFTP request ${doing}`);
  return statusResponse(id, STATUS.failure, `Internal error (${errorId})`);
}
