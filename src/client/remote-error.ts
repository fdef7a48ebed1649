// From an SFTP status (draft-ietf-secsh-filexfer-02, section 7) to a FileError. Version 3 has few codes: where the
// server's text is one that every Unix knows, it says more than the code.

import { FILE_ERROR_TEXT, FileError, type FileErrorCode } from '../model/error.ts';
import { printableShort } from '../model/printable.ts';

/** The meaning of a status whose text says no more. OK and EOF are no errors. */
const CODE_OF_STATUS: Readonly<Record<number, FileErrorCode>> = {
  2: 'not-found',
  3: 'permission-denied',
  4: 'io-error',
  5: 'invalid-argument',
  6: 'closed',
  7: 'closed',
  8: 'unsupported',
};

/** Texts that say exactly one thing, in lower case: those of model/error.ts, and what other servers write. */
const CODE_OF_TEXT: readonly (readonly [text: string, code: FileErrorCode])[] = [
  ...Object.entries(FILE_ERROR_TEXT).map(([code, text]) => [text.toLowerCase(), code as FileErrorCode] as const),
  ['file already exists', 'already-exists'],
  ['disk quota exceeded', 'quota-exceeded'],
  ['file name too long', 'invalid-path'],
];

/** Texts that only repeat the status code. */
const EMPTY_TEXTS: ReadonlySet<string> = new Set(['failure', 'bad message', 'operation unsupported', 'unknown status']);

const MAX_DETAIL_LENGTH = 200;

/** The FileError for what ssh2 reports of a request on `path`. */
export function remoteError(error: Error, path: string): FileError {
  const status = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  // ssh2 has no code for its own errors: the session has ended, or the answer made no sense.
  if (status === undefined) {
    const gone = isUnanswered(error);
    return new FileError(gone ? 'closed' : 'io-error', gone ? { path } : { path, cause: error, detail: 'bad answer' });
  }
  const text = error.message.toLowerCase();
  const known = CODE_OF_TEXT.find(([words]) => text === words || text.startsWith(`${words}: `));
  if (known !== undefined) {
    const detail =
      error.message.slice(known[0].length + 2) || (known[1] === 'no-space' ? 'the disk of the server is full' : '');
    return new FileError(known[1], detail === '' ? { path } : { path, detail: shown(detail) });
  }
  const code = CODE_OF_STATUS[status] ?? 'io-error';
  return new FileError(
    code,
    code !== 'io-error' || EMPTY_TEXTS.has(text) ? { path } : { path, detail: shown(error.message) },
  );
}

/** Whether ssh2 has given up a request because its session has ended. */
export function isUnanswered(error: Error): boolean {
  return !('code' in error) && error.message === 'No response from server';
}

/** Whether the server gave no reason at all: then the client may look for one itself. */
export function isUnexplained(error: unknown): error is FileError {
  return error instanceof FileError && error.code === 'io-error' && error.detail === undefined;
}

function shown(text: string): string {
  return printableShort(text, MAX_DETAIL_LENGTH);
}
