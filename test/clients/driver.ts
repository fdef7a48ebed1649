// What a real client program must be able to do to be put through the matrix of matrix.ts. One file for each client
// (`rclone.test.ts`) makes a driver of its program and calls `testClient(driver)`, and adds what only that client does.

import type { ExecutionContext } from 'ava';
import type { TestServer } from '../helpers/server.ts';
import type { OddName } from './odd-names.ts';

/** What outlives the single test: sessions are shared by many. */
export interface Lifetime extends Pick<ExecutionContext, 'teardown'> {
  log(...values: unknown[]): void;
}

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

/**
 * One connection's worth of work. Each method fails (rejects) when the program reports a failure, and does not end
 * before the work is done. Names that are not UTF-8 are written as src/model/bytes.ts has them, in both directions;
 * `runProgram` takes them so. The methods are called one after the other.
 */
export interface ClientSession {
  /** Uploads one file, over what has its name. */
  upload(local: string, remote: string): Promise<void>;
  /** Downloads one file, over what has its name. */
  download(remote: string, local: string): Promise<void>;
  /** The names in a remote folder, without "." and "..", in any order. */
  list(remote: string): Promise<string[]>;
  delete(remote: string): Promise<void>;
  /** Makes the folder `remote`, which is not there yet, with what the folder `local` holds. */
  uploadTree?(local: string, remote: string): Promise<void>;
  /** Makes the folder `local`, which is not there yet, with what the folder `remote` holds. */
  downloadTree?(remote: string, local: string): Promise<void>;
  /** Goes on with an upload of which the first part is there. */
  resumeUpload?(local: string, remote: string): Promise<void>;
  resumeDownload?(remote: string, local: string): Promise<void>;
  /** Renames; where the client can, over an existing file. */
  rename?(from: string, to: string): Promise<void>;
  makeDirectory?(remote: string): Promise<void>;
  /** Deletes a folder and all it holds. */
  deleteTree?(remote: string): Promise<void>;
  chmod?(remote: string, mode: number): Promise<void>;
  /** Makes the symbolic link `remote` that says `target`. */
  makeLink?(target: string, remote: string): Promise<void>;
}

/** A client in the results: what it is called, what it needs, which version it is. */
export interface Client {
  /** As people call it: "rclone", "PuTTY psftp". Also the name of its results. */
  readonly name: string;
  /** Programs it needs, with the Debian package of each; what is missing is a skip, in CI a failure. */
  readonly programs: Readonly<Record<string, string>>;
  /** The version line of the program, for docs/conformance.md. */
  version(t: Lifetime): Promise<string>;
  /** What this machine lacks that can't be installed, such as a kernel's support; a skip, also in CI. */
  lacking?(): Promise<string | undefined>;
}

export interface ClientDriver extends Client {
  readonly logins: ReadonlyArray<Login['method']>;
  /** Settings that the server must have for this client, as flags: `{ profile: 'compatible' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Opens a session; what it needs to close is registered with `t.teardown`. */
  open(t: Lifetime, target: Target): Promise<ClientSession>;
  /** Odd names the client itself can't handle, each with the reason (shown in the results, never a silent gap). */
  readonly unableNames?: Partial<Readonly<Record<OddName, string>>>;
  /** Odd names that the client carries in trees but can't be told by path, each with the reason. */
  readonly unablePaths?: Partial<Readonly<Record<OddName, string>>>;
  /** Odd names that the client carries well but whose listing can't be read back, each with the reason. */
  readonly unableLists?: Partial<Readonly<Record<OddName, string>>>;
  /** Whether uploads and downloads keep times and permission bits. */
  readonly keepsTimes?: { readonly upload: boolean; readonly download: boolean };
  readonly keepsModes?: { readonly upload: boolean; readonly download: boolean };
  /** Whether `uploadTree` and `downloadTree` carry empty folders; they do unless told. */
  readonly keepsEmptyFolders?: boolean;
  /** Whether `rename` replaces an existing file. */
  readonly renamesOver?: boolean;
  /** Whether the client obeys `Target.rekeyBytes`. */
  readonly rekeys?: boolean;
  /** Why more than 300 MB would take it too long, with any server. */
  readonly tooSlow?: string;
  /** Seconds until a check is given up; 60 unless told, ten times that for the large sizes. */
  readonly patienceSeconds?: number;
}

/** Whether the large sizes are wanted: `npm run test:clients -- --full`. */
export const isFull: boolean = process.env['SSHOME_TEST_FULL'] === '1';
