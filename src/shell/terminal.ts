// What a shell talks through: one SSH channel, as sshd/ hands it over. Knows nothing of ssh2.

import type { Readable, Writable } from 'node:stream';
import type { OwnAccount, SessionInfo } from '../model/account.ts';
import type { Administration } from '../model/administration.ts';
import type { Files } from '../model/files.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';

/** A terminal on the client's side (RFC 4254, section 6.2). Its size changes as the user resizes the window. */
export interface Pty {
  readonly type: string;
  /** In characters; 0 when the client does not know. */
  readonly columns: number;
  readonly rows: number;
  /** Calls `listener` after each change of size; returns what ends that. */
  onResize(listener: () => void): () => void;
}

export interface Terminal {
  /** What the user types or pipes in. Raw: with a pty, the keys as they are pressed. */
  readonly input: Readable;
  /** Back-pressured: a write that returns false must wait for `drain`. With a pty a line ends in CR LF. */
  readonly output: Writable;
  /** Extended data (RFC 4254, section 5.2); the same as `output` with a pty. */
  readonly errorOutput: Writable;
  readonly pty: Pty | undefined;
  /** Aborted when the peer is gone: whatever runs must stop and let go of its files. */
  readonly signal: AbortSignal;
}

/** Everything a shell or a command may use. There is no way from here to the host's own shell or files. */
export interface ShellContext {
  readonly identity: Identity;
  readonly origin: Origin;
  readonly files: Files;
  readonly account: OwnAccount;
  readonly administration: Administration;
  readonly sessions: () => Promise<readonly SessionInfo[]>;
  readonly log: Log;
}
