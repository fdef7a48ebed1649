// What the audit log records. `event` names are stable: docs/audit.md lists them, and people's alarms depend on them.

import type { AdministrationFace, VerbTopic } from './administration.ts';
import type { FileErrorCode } from './error.ts';
import type { Face, Origin } from './identity.ts';
import type { Proof } from './rules.ts';

export type FileEventName =
  | 'file.upload'
  | 'file.download'
  | 'file.delete'
  | 'file.rename'
  | 'file.copy'
  | 'file.link'
  | 'file.attributes'
  | 'directory.create'
  | 'directory.delete';

/** One finished operation on a user's files. Paths are virtual; sizes in bytes; `durationMs` from request to outcome. */
export interface FileEvent extends Origin {
  readonly event: FileEventName;
  readonly user: string;
  readonly face: Face;
  readonly path: string;
  /** The second path of a rename, copy or link. */
  readonly target?: string;
  /** What was moved: read by a download, written by an upload. */
  readonly bytes?: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | FileErrorCode | 'internal';
}

/** The proofs of a login, in the order in which they were given. */
export type AuthenticationMethod =
  | 'password'
  | 'publickey'
  | 'publickey+password'
  | 'publickey+totp'
  | 'password+totp'
  | 'publickey+password+totp';

/** Why somebody was not let in. For the log alone: the peer is told nothing but "no". */
export type RefusalReason =
  | 'unknown-user'
  | 'locked'
  | 'wrong-password'
  | 'unknown-key'
  | 'unknown-algorithm'
  | 'bad-signature'
  | 'overloaded'
  | 'too-many-sessions'
  | 'malformed'
  | 'network'
  | 'method'
  | 'expired'
  | 'hours'
  | 'no-second-factor'
  | 'wrong-code'
  | 'used-code'
  | 'too-many-codes'
  | 'password-not-changed'
  | 'unreadable';

export type SessionEvent =
  | (Origin & { readonly event: 'session.open'; readonly client: string })
  | (Origin & {
      readonly event: 'session.login';
      readonly user: string;
      readonly method: AuthenticationMethod;
      /** SHA256 fingerprint of the public key, if one was among the proofs. */
      readonly key?: string;
      readonly client: string;
    })
  | (Origin & {
      /** A proof was right, and another must follow. */
      readonly event: 'session.step';
      readonly user: string;
      readonly method: Proof;
      readonly key?: string;
      /** What must follow: one of these. */
      readonly next: string;
    })
  | (Origin & {
      readonly event: 'session.refused';
      /** As the peer wrote it, escaped and cut to 32 characters: people type passwords there. */
      readonly user: string;
      readonly method: string;
      readonly reason: RefusalReason;
    })
  | (Origin & {
      readonly event: 'session.command';
      readonly user: string;
      readonly command: string;
      readonly exitStatus: number;
    })
  | (Origin & {
      readonly event: 'session.close';
      readonly user?: string;
      readonly durationMs: number;
      /** Both are lost with the process that served it. */
      readonly bytesReceived?: number;
      readonly bytesSent?: number;
      readonly reason: string;
    });

export type AccountEvent =
  | (Origin & { readonly event: 'account.password-changed'; readonly user: string })
  | (Origin & { readonly event: 'account.key-added'; readonly user: string; readonly key: string })
  | (Origin & { readonly event: 'account.key-removed'; readonly user: string; readonly key: string })
  | (Origin & { readonly event: 'account.totp-enabled' | 'account.totp-disabled'; readonly user: string })
  | (Origin & { readonly event: 'account.recovery-codes-renewed'; readonly user: string })
  | (Origin & { readonly event: 'account.recovery-code-used'; readonly user: string; readonly left: number });

/** What an administrator did, or wanted to do. No field ever holds a secret: verbs take none among their words. */
export interface AdminEvent extends Partial<Origin> {
  readonly event: `admin.${VerbTopic}`;
  readonly face: AdministrationFace;
  /** The user who did it, over SSH. */
  readonly user?: string;
  /** The account of the host that ran the command line. */
  readonly hostAccount?: string;
  /** As `user key add`. */
  readonly verb: string;
  /** What it was done to: the first operand. */
  readonly target?: string;
  /** All words after the verb, escaped and cut. */
  readonly words?: string;
  readonly outcome: 'ok' | 'refused' | 'permission-denied' | 'internal';
}

export type AuditEvent = FileEvent | SessionEvent | AccountEvent | AdminEvent;

/** Where events go. Must not throw and must not wait. */
export type Audit = (event: AuditEvent) => void;
