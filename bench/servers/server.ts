// What the parts know of a server: where it listens, who may log in, where the files are, and which process to watch.

import type { RunKeys } from '../run-folder.ts';

export type ServerName = 'sshome' | 'openssh' | 'rclone' | 'proftpd';

export interface Server {
  readonly name: ServerName;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The process that began it: its whole tree is what it costs. */
  readonly pid: number;
  /** Where the paths of a session begin, on this machine's disk. */
  readonly home: string;
  stop(): Promise<void>;
}

/** What a server is started with: a folder of its own, and the keys of both sides. */
export interface Ground {
  readonly folder: string;
  readonly home: string;
  readonly keys: RunKeys;
}

/** A server that this machine may have. */
export interface Peer {
  readonly name: ServerName;
  /** Says how to get it when it is missing. */
  readonly debianPackage: string;
  /** The version as it names itself, or nothing when it is not installed. */
  version(): Promise<string | undefined>;
  start(ground: Ground): Promise<Server>;
}
