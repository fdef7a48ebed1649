// One SFTP session as promises: every request is answered exactly once, also when ssh2 forgets it (it drops requests
// on a session that has ended, and those whose answer was malformed).

import type { SFTPWrapper } from 'ssh2';
import { FileError } from '../model/error.ts';
import type { ConnectionError } from './connection-error.ts';
import { receivePackets } from './received-packets.ts';
import { isUnanswered, remoteError } from './remote-error.ts';

/** What ssh2 calls when the answer is there. */
export type Answer<T> = (error?: Error | null, value?: T) => void;

export interface Session {
  /** The longest READ and WRITE that the server takes, in bytes. */
  readonly maxReadBytes: number;
  readonly maxWriteBytes: number;
  /** Why the connection has ended; undefined while it stands. */
  readonly ended: () => ConnectionError | true | undefined;
  /** Sends one request about `path` and resolves to what the server answers. @throws FileError */
  request<T>(path: string, send: (sftp: SFTPWrapper, answer: Answer<T>) => void): Promise<T | undefined>;
  /** Settles as `work` on `path` does, which waits for somebody else; rejects when the connection ends before. */
  whileItStands<T>(path: string, work: Promise<T>): Promise<T>;
}

/** OpenSSH's sftp-server takes 255 KiB; more makes no transfer faster. */
const MAX_CHUNK_BYTES = 255 * 1024;
/** What every server must take (draft-ietf-secsh-filexfer-02, section 3). */
const SAFE_CHUNK_BYTES = 32 * 1024;

export function createSession(sftp: SFTPWrapper, closed: Promise<ConnectionError | undefined>): Session {
  const waiting = new Map<(error: FileError) => void, string>();
  let ended: ConnectionError | true | undefined;
  receivePackets(sftp);

  const goneError = (path: string): FileError =>
    new FileError('closed', ended instanceof Error ? { path, cause: ended } : { path });
  void closed.then((reason) => {
    ended = reason ?? true;
    for (const [reject, path] of waiting) reject(goneError(path));
    waiting.clear();
  });

  return {
    maxReadBytes: chunkBytes(sftp, '_maxReadLen'),
    maxWriteBytes: chunkBytes(sftp, '_maxWriteLen'),
    ended: () => ended,
    request(path, send) {
      if (ended !== undefined) return Promise.reject(goneError(path));
      return new Promise((resolve, reject) => {
        waiting.set(reject, path);
        try {
          send(sftp, (error, value) => {
            // The connection is about to end, or has: whoever waits is told with the reason.
            if (error && isUnanswered(error) && ended === undefined) return;
            waiting.delete(reject);
            if (error) reject(remoteError(error, path));
            else resolve(value);
          });
        } catch (error) {
          waiting.delete(reject);
          // ssh2 throws at once when the server has not announced an extension.
          reject(new FileError('unsupported', { path, cause: error }));
        }
      });
    },
    async whileItStands(path, work) {
      let leave: ((error: FileError) => void) | undefined;
      const gone = new Promise<never>((_, reject) => {
        leave = reject;
        if (ended === undefined) waiting.set(reject, path);
        else reject(goneError(path));
      });
      try {
        return await Promise.race([gone, work]);
      } finally {
        if (leave !== undefined) waiting.delete(leave);
      }
    },
  };
}

/** What ssh2 has negotiated (limits@openssh.com); it keeps the numbers to itself. */
function chunkBytes(sftp: SFTPWrapper, field: '_maxReadLen' | '_maxWriteLen'): number {
  const negotiated = (sftp as unknown as Record<string, unknown>)[field];
  return typeof negotiated === 'number' && negotiated > 0
    ? Math.min(Math.floor(negotiated), MAX_CHUNK_BYTES)
    : SAFE_CHUNK_BYTES;
}
