// The verbs by which a server is administered, as the faces know them: how each is called, and what it answers. What a
// verb does is in administration/; whether somebody may is asked in operations/.

import type { SessionInfo } from './account.ts';
import type { Identity, Origin } from './identity.ts';
import type { Penalty } from './penalty.ts';
import type { Tree, TreeUsage, Usage } from './usage.ts';

/** The first word of each verb, with what its verbs are about. */
export const VERB_TOPICS = {
  user: 'Add, change and remove the users of the server',
  group: 'Groups of users, which give roles to many',
  role: 'Show what the roles may do',
  folder: 'Shared folders, and who has which role in them',
  session: 'Show and end the live sessions',
  ban: 'Show, add and remove sources that are turned away',
  quota: 'Show and count again what users and shared folders take up',
  audit: 'Search the audit log',
} as const;

export type VerbTopic = keyof typeof VERB_TOPICS;

export interface VerbOperand {
  /** As in the usage, NAME. */
  readonly name: string;
  /** `optional`: at most one; `some`: at least one; `any`: any number. Only the last operand may be other than `one`. */
  readonly count: 'one' | 'optional' | 'some' | 'any';
  readonly summary: string;
}

export interface VerbOption {
  /** What stands for its value in the usage; without it the option is a flag. */
  readonly value?: string;
  readonly summary: string;
}

/** How a verb is called, the same on every face. */
export interface VerbSyntax {
  /** Its words, the first of them a topic: `user key add`. */
  readonly name: string;
  readonly operands: readonly VerbOperand[];
  /** By name, without the dashes. `--json` is every verb's, and the face's to know. */
  readonly options: Readonly<Record<string, VerbOption>>;
  /** In a few words, without a full stop. */
  readonly summary: string;
  /** What the face asks for, or reads, when the verb wants it: such a thing is never one of the words. */
  readonly asks: 'password' | 'public-key' | undefined;
  /** Whether it changes anything; those that do are recorded. */
  readonly changes: boolean;
}

export interface PasswordQuestion {
  /** Whose password it will be. */
  readonly user: string;
  /** Throws for one that can't be taken, so that nobody types it twice. */
  readonly check: (password: string) => void | Promise<void>;
}

/** The words of one call, and the answers to what the verb asks for. */
export interface VerbCall {
  readonly operands?: readonly string[];
  /** By name; `true` for a flag that was given. */
  readonly options?: Readonly<Record<string, string | true | undefined>>;
  /** Resolves to a new password. */
  readonly password?: (question: PasswordQuestion) => Promise<string>;
  /** Resolves to the text of a public key, a line of a `.pub` file. */
  readonly publicKey?: () => Promise<string>;
}

/** Plain data that JSON can say. */
export type Row = Readonly<Record<string, unknown>>;

/** What a verb answers, in two forms, of which a face takes one. */
export interface VerbResult {
  /** One object each. */
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
  /** The same for people, safe to show on a terminal. */
  readonly lines: Iterable<string> | AsyncIterable<string>;
  /** What else a person should know, beside the output; whole when that has been read. */
  readonly remarks: readonly string[];
}

/** The verbs, as one administrator may use them. */
export interface Administration {
  readonly verbs: readonly VerbSyntax[];
  /** Whether they may be used now. For what a face shows: each run is checked anyway. */
  isAllowed(): boolean;
  /**
   * Runs the verb `name`.
   *
   * @throws AdministrationError for what the administrator can mend, FileError `permission-denied`
   */
  run(name: string, call?: VerbCall): Promise<VerbResult>;
}

/** A verb that was refused or failed; the message is for the administrator and may have several lines. No secret is in it. */
export class AdministrationError extends Error {
  override readonly name: string = 'AdministrationError';
}

/** A verb called in a way it can't be called. */
export class VerbUsageError extends AdministrationError {
  override readonly name = 'VerbUsageError';
}

/** The way in by which a verb came. */
export type AdministrationFace = 'shell' | 'exec' | 'cli' | 'library';

/** Who runs a verb. */
export type Administrator =
  | { readonly face: 'shell' | 'exec'; readonly identity: Identity; readonly origin: Origin }
  /** Somebody who may write the files of the server, as this account of the host. */
  | { readonly face: 'cli'; readonly hostAccount: string }
  /** The program that the server is a part of. */
  | { readonly face: 'library' };

/**
 * The verbs for whoever may: `permit` is called before anything is done, and again when a question was answered; it throws
 * when that is not allowed.
 */
export interface Verbs {
  readonly syntax: readonly VerbSyntax[];
  run(by: {
    readonly name: string;
    readonly call: VerbCall;
    readonly administrator: Administrator;
    readonly permit: () => void;
  }): Promise<VerbResult>;
}

/** The sessions of the running server. */
export interface SessionAdministration {
  list(): Promise<readonly SessionInfo[]>;
  /** Ends one at once; false when there is none with this id. `reason` is for the audit log. */
  end(sessionId: string, reason: string): Promise<boolean>;
}

export interface BanRequest {
  readonly source: string;
  readonly forMs: number;
  readonly reason?: string;
}

/** Who is turned away by the running server. */
export interface BanAdministration {
  /** Bans and penalties. */
  list(): Promise<readonly Penalty[]>;
  /** Turns a source away from now on, and ends its connections. @throws AdministrationError */
  add(request: BanRequest): Promise<Penalty>;
  /** Lets a source in again; false when nothing kept it out. */
  remove(source: string): Promise<boolean>;
}

/** What the running server counts. */
export interface QuotaAdministration {
  /** The homes and shared folders that have a quota. */
  show(): Promise<readonly TreeUsage[]>;
  /** Counts anew what lies on the disk. @throws AdministrationError when there is no such tree, or it can't be counted */
  scan(tree: Tree): Promise<Usage>;
}

/** What only a running server knows. Every method fails with an AdministrationError when none runs. */
export interface LiveServer {
  readonly sessions: SessionAdministration;
  readonly bans: BanAdministration;
  readonly quotas: QuotaAdministration;
}
