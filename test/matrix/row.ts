// What the matrix of actions, roles and faces is made of: one row for each thing that one face can do.

import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SFTPWrapper, Client as SshClient } from 'ssh2';
import type { Client } from '../../src/client/index.ts';
import type { Action } from '../../src/model/action.ts';

/** One user, by every way in. */
export interface Peer {
  readonly user: string;
  readonly ssh: SshClient;
  readonly sftp: SFTPWrapper;
  readonly client: Client;
}

/** A row's own folder: `at` as the user names things in it, `host` where they are on the disk. */
export interface Spot {
  at(name: string): string;
  readonly host: string;
}

export interface Row {
  readonly title: string;
  /** All that it needs, and nothing else. */
  readonly needs: readonly Action[];
  /** One of these is enough, too. */
  readonly orOneOf?: readonly Action[];
  /**
   * Does it, and resolves to what came back. Throws a Refused when it was refused, and an Absent when what it is about is
   * not there.
   */
  run(peer: Peer, spot: Spot): Promise<string>;
  /** What must come back when it is allowed, as a part of it. */
  readonly answer?: string;
  /** Whether it has been done, judged by the disk. */
  readonly isDone?: (host: string) => Promise<boolean>;
  /** It does one thing after another: when it is refused in the middle, something may have been done. */
  readonly hasParts?: boolean;
}

/** The server said no. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** The server said that there is no such thing. */
export class Absent extends Error {
  override readonly name = 'Absent';
}

/** What stands in the folder of each row. */
export const CONTENT = 'what was there';

export async function holds(host: string, name: string, content: string): Promise<boolean> {
  return (await readFile(join(host, name), 'utf8').catch(() => undefined)) === content;
}

export async function isGone(host: string, name: string): Promise<boolean> {
  return lstat(join(host, name)).then(
    () => false,
    () => true,
  );
}
