// What the SSH server needs of the rest of the program. server.ts puts it together.

import type { LoginSteps } from '../accounts/login-steps.ts';
import type { Turnstile } from '../accounts/turnstile.ts';
import type { OpenFileInfo, OwnAccount, SessionInfo } from '../model/account.ts';
import type { Administration } from '../model/administration.ts';
import type { Audit } from '../model/event.ts';
import type { Files } from '../model/files.ts';
import type { Face, Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import type { SftpLimits } from '../sftp/limits.ts';
import type { RekeyLimits } from '../transport/rekey.ts';
import type { Admission, AdmissionLimits } from './admission.ts';
import type { UserPlaces } from './user-places.ts';

/** What one authenticated connection may use. */
export interface UserSession {
  /** The user's files; what waits for its pace fails when `signal` is aborted. */
  files(face: Face, signal: AbortSignal): Files;
  readonly account: OwnAccount;
  /** The verbs of administration, for commands that came by `face`. */
  administration(face: 'shell' | 'exec'): Administration;
  /** Files that the connection has open. */
  readonly openFiles: ReadonlySet<OpenFileInfo>;
  close(): void;
}

export interface Backend {
  /** A login over one connection. */
  openLogin(origin: Origin): LoginSteps;
  /**
   * Opens the user's home. Fails when that can't be had, and the user is told no more than that. With `signal` aborted
   * nobody waits for it.
   */
  openSession(identity: Identity, origin: Origin, signal: AbortSignal): Promise<UserSession>;
  /** The live sessions that `identity` may know of: the own ones. */
  sessions(identity: Identity): Promise<readonly SessionInfo[]>;
  readonly admission: Pick<Admission, 'arrive'>;
  readonly places: UserPlaces;
  readonly turnstile: Pick<Turnstile, 'punish'>;
  readonly sftpLimits: Partial<SftpLimits>;
  readonly audit: Audit;
  readonly log: Log;
}

export interface SshLimits extends AdmissionLimits, RekeyLimits {
  /** Milliseconds from the TCP connection to a successful login; nothing extends it. */
  readonly loginGraceMs: number;
  /** Failed tries after which the connection is closed (OpenSSH's MaxAuthTries). */
  readonly maxAuthTries: number;
  /** Channels of one connection (OpenSSH's MaxSessions). */
  readonly maxChannels: number;
  readonly maxSessionsPerUser: number;
  /** Key exchanges that a connection may begin in a second after its login, above which they wait. */
  readonly rekeysPerSecond: number;
  /** Unsent bytes of one connection above which nothing more is read from it. */
  readonly maxUnsentBytes: number;
  /** How much a client may send ahead on a channel of SFTP. */
  readonly windowBytes: number;
  /** Bytes queued in all connections above which the fullest are not read from. */
  readonly maxQueuedBytes: number;
  /** Milliseconds between signs of life asked of an idle client, and how many may stay unanswered. */
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
  /** Milliseconds without data, and without an open channel, after which a connection is ended; 0 is never. */
  readonly idleTimeoutMs: number;
  readonly unusedTimeoutMs: number;
  /** Proxies that speak the PROXY protocol, as `parseAddressList` reads them. */
  readonly proxyProtocolFrom: string;
}
