// Everything that can go wrong with a connection, as a closed list of codes. What goes wrong with a file on a
// connection that works is a FileError (model/error.ts).

export type ConnectionErrorCode =
  /** Nothing listens there. */
  | 'refused'
  /** No way to that address: no route, no network. */
  | 'unreachable'
  /** No answer in time, at any step up to the login. */
  | 'timeout'
  /** The name has no address (DNS). */
  | 'unknown-host'
  /** No known_hosts file names this host's key, and nobody accepted it. */
  | 'host-key-unknown'
  /** A known_hosts file names another key of the same type for this host. */
  | 'host-key-changed'
  /** The host's key is marked `@revoked`. */
  | 'host-key-revoked'
  /** The server took none of the credentials. */
  | 'authentication'
  /** The connection broke, or the server ended it. */
  | 'lost'
  /** The peer does not speak SSH or SFTP as we do: no common algorithm, no SFTP subsystem, a malformed packet. */
  | 'protocol'
  /** The caller's AbortSignal fired. */
  | 'cancelled';

/** There is no connection, or no longer one. The message is for people; texts of the peer in it are escaped. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;

  constructor(code: ConnectionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export function isConnectionError(error: unknown, code?: ConnectionErrorCode): error is ConnectionError {
  return error instanceof ConnectionError && (code === undefined || error.code === code);
}
