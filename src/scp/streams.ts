// What scp talks through: one channel, as sshd/ hands it over. The shell's Terminal is one of these.

import type { Readable, Writable } from 'node:stream';

export interface ScpStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly errorOutput: Writable;
  /** Aborted when the peer is gone. */
  readonly signal: AbortSignal;
}
