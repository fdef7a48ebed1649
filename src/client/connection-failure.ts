// Tells what became of a connection from what Node and ssh2 report: one place for their codes, levels and texts.

import { printable } from '../model/printable.ts';
import { ConnectionError, type ConnectionErrorCode } from './connection-error.ts';

/** What Node reports of a socket or a name, by its `code`. */
const SOCKET_FAILURES: Readonly<Record<string, { code: ConnectionErrorCode; text: string }>> = {
  ECONNREFUSED: { code: 'refused', text: 'Connection refused: nothing listens there' },
  ENOTFOUND: { code: 'unknown-host', text: 'Unknown host: the name has no address' },
  EAI_AGAIN: { code: 'unknown-host', text: 'Unknown host: the name service does not answer' },
  ETIMEDOUT: { code: 'timeout', text: 'No answer: connection timed out' },
  EHOSTUNREACH: { code: 'unreachable', text: 'No route to the host' },
  ENETUNREACH: { code: 'unreachable', text: 'The network is unreachable' },
  ECONNRESET: { code: 'lost', text: 'Connection lost: reset by the other side' },
  EPIPE: { code: 'lost', text: 'Connection lost' },
};

/** What ssh2 reports, by the `level` of its errors. */
const SSH_FAILURES: Readonly<Record<string, ConnectionErrorCode>> = {
  'client-timeout': 'lost',
  'client-authentication': 'authentication',
  handshake: 'protocol',
  protocol: 'protocol',
  'sftp-protocol': 'protocol',
};

export function connectionErrorFrom(error: unknown, { host, port }: { host: string; port: number }): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const where = `${printable(host)} port ${port}`;
  const code = field(error, 'code');
  const socketFailure = SOCKET_FAILURES[code];
  if (socketFailure !== undefined) {
    return new ConnectionError(socketFailure.code, `${where}: ${socketFailure.text}`, { cause: error });
  }
  const text = error instanceof Error ? printable(error.message) : '';
  const level = field(error, 'level');
  if (level === 'client-authentication' || /authentication failures|no more auth/i.test(text)) {
    return new ConnectionError(
      'authentication',
      `${where}: Permission denied: the server took none of the credentials`,
      {
        cause: error,
      },
    );
  }
  if (text === 'Connection lost before handshake') {
    return new ConnectionError('lost', `${where}: Connection lost: the server hung up at once`, { cause: error });
  }
  // What ssh2-sftp-client says of a socket that ends while it is still connecting.
  if (/^getConnection: Unexpected (?:end|close) event/.test(text)) {
    return new ConnectionError('lost', `${where}: Connection lost: the server hung up before the login was over`, {
      cause: error,
    });
  }
  if (/Unable to start subsystem|SFTP session/.test(text)) {
    return new ConnectionError('protocol', `${where}: The server does not offer SFTP`, { cause: error });
  }
  // ssh2 reads what no server may send as if it were what it must be, and throws.
  if (error instanceof TypeError || error instanceof RangeError) {
    return new ConnectionError('protocol', `${where}: The server broke the protocol`, { cause: error });
  }
  const known = SSH_FAILURES[level];
  if (known !== undefined) return new ConnectionError(known, `${where}: ${text}`, { cause: error });
  return new ConnectionError('lost', `${where}: Connection lost${text === '' ? '' : `: ${text}`}`, { cause: error });
}

function field(error: unknown, name: 'code' | 'level'): string {
  const value = error instanceof Error && name in error ? (error as Error & Record<typeof name, unknown>)[name] : '';
  return typeof value === 'string' ? value : '';
}
