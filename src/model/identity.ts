// Who is asking, and over which connection. An Identity is made by accounts/ alone, after a proof.

/** An authenticated user. */
export interface Identity {
  readonly user: string;
}

/** How somebody reached the server; one for each SSH connection, for the log and for `sessions`. */
export interface Origin {
  /** Unique while the server runs, short enough to read aloud. */
  readonly sessionId: string;
  /** The peer's IP address, without a port. */
  readonly address: string;
}

/** The way in that a request came by. */
export type Face = 'sftp' | 'shell' | 'exec' | 'scp';
