// Everything that can go wrong with a file, as a closed list of codes. Each face has one total table from these codes
// to its own answer; a new code breaks the build until every face has one.

/** What went wrong. End of file is no error: reads return fewer bytes. */
export type FileErrorCode =
  | 'not-found'
  | 'permission-denied'
  | 'already-exists'
  | 'not-a-directory'
  | 'is-a-directory'
  | 'not-empty'
  | 'invalid-path'
  | 'invalid-argument'
  | 'link-loop'
  | 'read-only'
  | 'no-space'
  | 'quota-exceeded'
  | 'too-large'
  | 'too-many-open'
  | 'cross-device'
  | 'busy'
  | 'unsupported'
  | 'cancelled'
  | 'closed'
  | 'io-error';

/** The sentence for each code, as the C library and so every Unix tool words it. */
export const FILE_ERROR_TEXT: Readonly<Record<FileErrorCode, string>> = {
  'not-found': 'No such file or directory',
  'permission-denied': 'Permission denied',
  'already-exists': 'File exists',
  'not-a-directory': 'Not a directory',
  'is-a-directory': 'Is a directory',
  'not-empty': 'Directory not empty',
  'invalid-path': 'Invalid path',
  'invalid-argument': 'Invalid argument',
  'link-loop': 'Too many levels of symbolic links',
  'read-only': 'Read-only file system',
  'no-space': 'No space left on device',
  'quota-exceeded': 'Quota exceeded',
  'too-large': 'File too large',
  'too-many-open': 'Too many open files',
  'cross-device': 'Invalid cross-device link',
  busy: 'Device or resource busy',
  unsupported: 'Operation not supported',
  cancelled: 'Interrupted',
  closed: 'The connection or the file is closed',
  'io-error': 'Input/output error',
};

/**
 * A file operation that failed for a reason its user may know. `path` is virtual: no message ever carries a path of
 * the host, and `cause` (which may) is for the log, never for the peer.
 */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;
  readonly path: string | undefined;
  /** What to add to the code's sentence, in words for the user. */
  readonly detail: string | undefined;

  constructor(code: FileErrorCode, about: { path?: string; detail?: string; cause?: unknown } = {}) {
    super(
      about.detail === undefined ? FILE_ERROR_TEXT[code] : `${FILE_ERROR_TEXT[code]}: ${about.detail}`,
      about.cause === undefined ? undefined : { cause: about.cause },
    );
    this.code = code;
    this.path = about.path;
    this.detail = about.detail;
  }
}

export function isFileError(error: unknown, code?: FileErrorCode): error is FileError {
  return error instanceof FileError && (code === undefined || error.code === code);
}
