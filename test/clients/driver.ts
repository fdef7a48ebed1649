// What a real client program must be able to do to be put through the matrix of matrix.ts. One file for each client
// (`rclone.test.ts`) makes a driver of its program and calls `testClient(driver)`, and adds what only that client does.

import type { ExecutionContext } from 'ava';
import type { TestServer } from '../helpers/server.ts';

/** How a client logs in as alice. */
export type Login =
  | { readonly method: 'password'; readonly password: string }
  | { readonly method: 'key'; readonly privateKeyFile: string };

/** Where and as whom, and a folder of the client's own. Remote paths are absolute, as "/folder/name". */
export interface Target {
  readonly server: TestServer;
  readonly login: Login;
  /** The client's working folder; also for its configuration. */
  readonly local: string;
  /** An OpenSSH known_hosts file that knows the server. */
  readonly knownHosts: string;
  /** The extra setting "rekey after this many bytes", where the client has one. */
  readonly rekeyBytes?: number;
}

/** One connection's worth of work. Each method fails (rejects) when the program reports a failure. */
export interface ClientSession {
  upload(local: string, remote: string): Promise<void>;
  download(remote: string, local: string): Promise<void>;
  /** The names in a remote folder, without "." and "..", in any order. */
  list(remote: string): Promise<string[]>;
  delete(remote: string): Promise<void>;
  uploadTree?(local: string, remote: string): Promise<void>;
  downloadTree?(remote: string, local: string): Promise<void>;
  /** Goes on with an upload of which the first part is there. */
  resumeUpload?(local: string, remote: string): Promise<void>;
  resumeDownload?(remote: string, local: string): Promise<void>;
  /** Renames; where the client can, over an existing file. */
  rename?(from: string, to: string): Promise<void>;
  makeDirectory?(remote: string): Promise<void>;
  deleteTree?(remote: string): Promise<void>;
  chmod?(remote: string, mode: number): Promise<void>;
  /** Makes the symbolic link `remote` that says `target`. */
  makeLink?(target: string, remote: string): Promise<void>;
}

export interface ClientDriver {
  /** As people call it: "rclone", "PuTTY psftp". */
  readonly name: string;
  /** Programs it needs, with the Debian package of each; what is missing is a skip, in CI a failure. */
  readonly programs: Readonly<Record<string, string>>;
  /** The version line of the program, for docs/conformance.md. */
  version(t: ExecutionContext): Promise<string>;
  readonly logins: ReadonlyArray<Login['method']>;
  /** Opens a session; what it needs to close is registered with `t.teardown`. */
  open(t: ExecutionContext, target: Target): Promise<ClientSession>;
  /** Odd names the client itself can't handle, each with the reason (shown in the results, never a silent gap). */
  readonly unableNames?: Readonly<Record<string, string>>;
  /** Whether uploads and downloads keep times and permission bits. */
  readonly keepsTimes?: { readonly upload: boolean; readonly download: boolean };
  readonly keepsModes?: { readonly upload: boolean; readonly download: boolean };
  /** Whether `rename` replaces an existing file. */
  readonly renamesOver?: boolean;
}

/** Whether the large sizes are wanted: `npm run test:clients -- --full`. */
export const isFull: boolean = process.env['SSHOME_TEST_FULL'] === '1';
