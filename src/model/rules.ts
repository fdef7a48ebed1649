// What the administrator has laid down in sshome.yaml, read and checked: roles, groups, shared folders, and what holds
// for each user. Only the words: config/ reads them, access/ decides by them, and whoever needs a limit asks
// access/user-rules.ts for those of one user. A value of Rules never changes; an edit of the file makes another one.

import type { Action } from './action.ts';
import type { VirtualPath } from './path.ts';

/** What may and may not be done at the paths of a pattern, and below them. */
export interface PathRule {
  /**
   * Names separated by "/", from the root of the home or of the shared folder; each may be a pattern (model/glob-pattern.ts).
   * `{user}` stands for the user's name. "/" is everything.
   */
  readonly path: string;
  readonly allow: readonly Action[];
  readonly deny: readonly Action[];
}

/** Patterns of names, matched without regard to case. */
export interface NameRules {
  /** When there are any, only files with such a name may be read, written, deleted, renamed or copied. */
  readonly allowed: readonly string[];
  /** Files and folders with such a name may be seen in a list, and nothing else. */
  readonly denied: readonly string[];
  /** There is no file or folder with such a name, on any face. */
  readonly hidden: readonly string[];
}

/** One proof of who somebody is; `totp` never stands alone. */
export type Proof = 'password' | 'publickey' | 'totp';

export interface Role {
  readonly name: string;
  readonly rules: readonly PathRule[];
  readonly names: NameRules;
  /**
   * Which proofs let somebody with this role in: one of the lists, all of its members. Empty: as the user's `methods` and
   * second factor have it.
   */
  readonly login: readonly (readonly Proof[])[];
}

export interface Group {
  readonly name: string;
  readonly members: readonly string[];
  /** Names of roles that the members have in their homes. */
  readonly roles: readonly string[];
}

/** Undefined: without limit. */
export interface Quota {
  readonly bytes: number | undefined;
  readonly files: number | undefined;
}

/** Who has which role in a shared folder. */
export interface Grant {
  readonly role: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** A folder that stands in the trees of several users. */
export interface SharedFolder {
  readonly name: string;
  /** Where it stands in each tree: `/shared/NAME` unless told. Never "/", and never within another one. */
  readonly at: VirtualPath;
  readonly grants: readonly Grant[];
  readonly quota: Quota;
}

/** When somebody may log in, in the server's time zone: minutes of a day from `from` to `to`, on `days` (0 is Sunday). */
export interface LoginHours {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** What holds for one user. Undefined or empty: nothing special. */
export interface UserRules {
  /** Names of roles in the home; with none, and none from a group, `owner`. */
  readonly roles: readonly string[];
  readonly quota: Quota;
  readonly maxSessions: number | undefined;
  readonly maxUploadBytes: number | undefined;
  readonly uploadBytesPerSecond: number | undefined;
  readonly downloadBytesPerSecond: number | undefined;
  /** As parseAddressList reads them; empty is everywhere. */
  readonly networks: string;
  /** Empty: all that the server offers. */
  readonly methods: readonly Proof[];
  /** Milliseconds since 1970, from when on there is no login any more. */
  readonly expiresMs: number | undefined;
  readonly hours: readonly LoginHours[];
}

/** Rules for new passwords, and how long one may be kept. */
export interface PasswordRules {
  /** In characters. */
  readonly minLength: number;
  /** A file of passwords that everybody knows, one a line; empty: none. */
  readonly breachedFile: string;
  /** Undefined: for ever. */
  readonly maxAgeMs: number | undefined;
}

/** Any password will do, for ever. */
export const ANY_PASSWORD: PasswordRules = { minLength: 1, breachedFile: '', maxAgeMs: undefined };

export interface Rules {
  /** The built-in ones too. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly folders: ReadonlyMap<string, SharedFolder>;
  /** What the file says of single users; `*` is everybody of whom it says nothing else on the same matter. */
  readonly users: ReadonlyMap<string, Partial<UserRules>>;
  readonly passwords: PasswordRules;
}

/** The rules as they are now. */
export interface RulesSource {
  readonly now: Rules;
  /** Calls `listener` after each change; returns what ends that. */
  onChange(listener: (rules: Rules) => void): () => void;
}
