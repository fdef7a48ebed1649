// A login in steps: a key, a password, a code, and maybe a new password, each asked for only if it must be. Knows what
// has been proven and by whom, and nothing of the protocol that carries it. What a step has proven is in its answer
// alone: it counts for that user, on that connection, and for nobody else.

import { AccountError } from '../model/account.ts';
import type { Audit, RefusalReason } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Log } from '../model/log.ts';
import type { LiveLogin, LoginFacts, LoginVerdict } from '../model/login.ts';
import type { PasswordRules, Proof } from '../model/rules.ts';
import type { AccountStore } from './account-store.ts';
import type { Authenticator } from './authenticate.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';
import { type ChangePassword, forUsers } from './change-password.ts';
import { FileLockedError } from './file-lock.ts';
import type { LoginRecord } from './login-record.ts';
import { LoginRecordError, type LoginRecords } from './login-records.ts';
import { fingerprintOf } from './public-key.ts';
import type { SecondFactors } from './second-factor.ts';

export type Step = Proof | 'new-password';

/** How far somebody has come. Made here alone. */
export interface Progress {
  readonly user: string;
  /** In the order they were given. */
  readonly proofs: readonly Proof[];
  /** One of these comes next. */
  readonly next: readonly Step[];
  /** Fingerprint of the key that was shown. */
  readonly key: string | undefined;
  /** The stored secret that the password was checked against. Never shown. */
  readonly secret: string | undefined;
}

export type StepAnswer =
  | {
      readonly kind: 'in';
      readonly identity: Identity;
      readonly login: LiveLogin;
      /** What speaks against it now: users and rules may have changed since it was decided. */
      readonly objection: () => RefusalReason | undefined;
    }
  | { readonly kind: 'more'; readonly progress: Progress }
  /** The new password is not taken; the user may try another. */
  | { readonly kind: 'again'; readonly problem: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** The steps, over one connection. */
export interface LoginSteps {
  /** Nothing is proven yet. The same for every name, whether there is such a user or not. */
  begin(user: string): Progress;
  /** `word` is what came from the wire, whatever it is. */
  password(progress: Progress, word: unknown): Promise<StepAnswer>;
  /** Whether the key would do. That the client holds it is proven by its signature, checked elsewhere. */
  publicKey(progress: Progress, key: { readonly algorithm: string; readonly blob: Uint8Array }): Promise<StepAnswer>;
  code(progress: Progress, code: string | undefined): Promise<StepAnswer>;
  newPassword(progress: Progress, password: string): Promise<StepAnswer>;
}

export interface LoginStepsParts {
  readonly origin: Origin;
  readonly store: Pick<AccountStore, 'find'>;
  readonly keys: Pick<AuthorizedKeys, 'list'>;
  readonly authenticator: Authenticator;
  readonly records: Pick<LoginRecords, 'read'>;
  readonly secondFactors: Pick<SecondFactors, 'check'>;
  readonly changePassword: ChangePassword;
  readonly judge: (facts: LoginFacts) => LoginVerdict;
  readonly passwordRules: () => PasswordRules;
  /** Whether the user may have one more session. */
  readonly hasRoom: (user: string) => Promise<boolean>;
  readonly audit: Audit;
  readonly log: Log;
  readonly now?: () => number;
}

export function createLoginSteps(parts: LoginStepsParts): LoginSteps {
  const { origin, store, authenticator, secondFactors, audit, log, now = Date.now } = parts;

  /** What comes after the proofs that `progress` has. */
  async function goOn(progress: Progress): Promise<StepAnswer> {
    const { user, proofs } = progress;
    try {
      const record = await parts.records.read(user);
      // Between two steps an administrator may have changed the account.
      if (await isKeyGone(progress)) return { kind: 'refused', reason: 'unknown-key' };
      const reason = whyNotAnyMore(progress);
      if (reason !== undefined) return { kind: 'refused', reason };
      const judge = (): LoginVerdict =>
        parts.judge({ user, address: origin.address, proofs, hasTotp: record.totp !== undefined });
      const verdict = judge();
      if (verdict.kind === 'refused') {
        if (verdict.reason === 'no-second-factor') {
          log.warn(`${user} may log in with a one-time code only and has none: sshome user totp enable ${user}`);
        }
        return verdict;
      }
      if (verdict.kind === 'more') return { kind: 'more', progress: { ...progress, next: verdict.next } };
      const identity = { user };
      if (!(await parts.hasRoom(user))) return { kind: 'refused', reason: 'too-many-sessions' };
      if (proofs.includes('password') && mustChange(record, parts.passwordRules(), now())) {
        return { kind: 'more', progress: { ...progress, next: ['new-password'] } };
      }
      const login = { user, address: origin.address, method: verdict.method, key: progress.key };
      return { kind: 'in', identity, login, objection: () => whyNotAnyMore(progress) ?? whyRefused(judge()) };
    } catch (error) {
      return { kind: 'refused', reason: reasonOf(error, 'deciding a login') };
    }
  }

  function whyNotAnyMore({ user, secret }: Progress): RefusalReason | undefined {
    const account = store.find(user);
    if (account === undefined) return 'unknown-user';
    if (account.locked) return 'locked';
    return secret === undefined || account.secret === secret ? undefined : 'wrong-password';
  }

  /** Whether the key that was shown some steps ago has been taken away meanwhile. */
  async function isKeyGone({ user, proofs, key }: Progress): Promise<boolean> {
    if (key === undefined || proofs.at(-1) === 'publickey') return false;
    return !(await parts.keys.list(user)).some(({ fingerprint }) => fingerprint === key);
  }

  /** Goes on within the check of a proof, so that what speaks against it is told no sooner than a wrong one. */
  function going(progress: () => Progress): {
    objection: () => Promise<RefusalReason | undefined>;
    answer(): StepAnswer;
  } {
    let answer: StepAnswer = { kind: 'refused', reason: 'malformed' };
    return {
      objection: async () => {
        answer = await goOn(progress());
        return answer.kind === 'refused' ? answer.reason : undefined;
      },
      answer: () => answer,
    };
  }

  async function checkCode(progress: Progress, code: string | undefined): Promise<StepAnswer> {
    if (code === undefined || !progress.next.includes('totp')) return { kind: 'refused', reason: 'malformed' };
    const { user } = progress;
    try {
      const check = await secondFactors.check(user, code);
      if (check.kind !== 'right' && check.kind !== 'recovery') return { kind: 'refused', reason: check.kind };
      if (check.kind === 'recovery') audit({ ...origin, event: 'account.recovery-code-used', user, left: check.left });
      return await goOn({ ...progress, proofs: [...progress.proofs, 'totp'] });
    } catch (error) {
      return { kind: 'refused', reason: reasonOf(error, 'checking a one-time code') };
    }
  }

  function reasonOf(error: unknown, doing: string): RefusalReason {
    if (error instanceof FileLockedError) return 'overloaded';
    // It has said in the log what to mend.
    if (!(error instanceof LoginRecordError)) log.unexpected(error, doing, { ...origin });
    return 'unreadable';
  }

  return {
    begin: (user) => ({ user, proofs: [], next: ['publickey', 'password'], key: undefined, secret: undefined }),

    async password(progress, word) {
      const { user, proofs } = progress;
      const { objection, answer } = going(() => ({
        ...progress,
        proofs: [...proofs, 'password'],
        secret: store.find(user)?.secret,
      }));
      const proof = await authenticator.password(user, word, objection);
      return proof.ok ? answer() : { kind: 'refused', reason: proof.reason };
    },

    async publicKey(progress, key) {
      const { objection, answer } = going(() => ({
        ...progress,
        proofs: [...progress.proofs, 'publickey'],
        key: fingerprintOf(key.blob),
      }));
      const proof = await authenticator.publicKey(progress.user, key, objection);
      return proof.ok ? answer() : { kind: 'refused', reason: proof.reason };
    },

    async code(progress, code) {
      const started = performance.now();
      const answer = await checkCode(progress, code);
      if (answer.kind === 'refused') await authenticator.refusalIsDue(started);
      return answer;
    },

    async newPassword(progress, password) {
      const { user, secret } = progress;
      if (secret === undefined || !progress.next.includes('new-password')) {
        return { kind: 'refused', reason: 'malformed' };
      }
      try {
        await parts.changePassword(user, secret, password);
      } catch (error) {
        const forUser = forUsers(error, 'changing a password at login', user, log);
        if (forUser instanceof AccountError) return { kind: 'again', problem: forUser.message };
        throw error;
      }
      audit({ ...origin, event: 'account.password-changed', user });
      return goOn({ ...progress, secret: store.find(user)?.secret });
    },
  };
}

/** Why a verdict on all the proofs that were enough before is another one now. */
function whyRefused(verdict: LoginVerdict): RefusalReason | undefined {
  switch (verdict.kind) {
    case 'refused':
      return verdict.reason;
    case 'more':
      return 'method';
    case 'enough':
      return undefined;
    default:
      return verdict satisfies never;
  }
}

/** Whether the password must be changed before the login goes on. Of what is not known when, nothing is asked. */
function mustChange(record: LoginRecord, { maxAgeMs }: PasswordRules, nowMs: number): boolean {
  if (record.mustChangePassword) return true;
  return maxAgeMs !== undefined && record.passwordSetMs !== undefined && nowMs - record.passwordSetMs > maxAgeMs;
}
