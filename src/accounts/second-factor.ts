// Second factors: who has one, whether a code is right, and new ones. A code counts once, whoever asks and however often
// the server is started, and only so many wrong ones are looked at.

import { AccountError } from '../model/account.ts';
import type { LoginRecord, TotpRecord } from './login-record.ts';
import type { LoginRecords } from './login-records.ts';
import { findRecoveryHash, hashRecoveryCode, isLikeRecoveryCode, makeRecoveryCodes } from './recovery-codes.ts';
import { findStep, makeSecret, otpauthUri, toBase32 } from './totp.ts';

/** Wrong codes that are looked at in a row; after them one more each `REGAIN_MS`. Only who has the password gets here. */
const MAX_WRONG = 10;
const REGAIN_MS = 10 * 60_000;

/** What a code was. `recovery`: one of the recovery codes, of which so many are left. */
export type CodeCheck =
  | { readonly kind: 'right' }
  | { readonly kind: 'recovery'; readonly left: number }
  | { readonly kind: 'wrong-code' | 'used-code' | 'too-many-codes' | 'no-second-factor' };

/** A second factor that is not in force yet. The codes are shown once, now. */
export interface Enrolment {
  readonly user: string;
  readonly secret: Buffer;
  /** As people type it into their program. */
  readonly secretText: string;
  readonly uri: string;
  readonly recoveryCodes: readonly string[];
}

export interface SecondFactorStatus {
  readonly since: Date;
  readonly recoveryCodesLeft: number;
  /** Until when no code is looked at, if that is so. */
  readonly blockedUntil: Date | undefined;
}

export class SecondFactors {
  readonly #records: Pick<LoginRecords, 'read' | 'edit'>;
  readonly #now: () => number;

  constructor({ records, now = Date.now }: { records: Pick<LoginRecords, 'read' | 'edit'>; now?: () => number }) {
    this.#records = records;
    this.#now = now;
  }

  /** @throws LoginRecordError */
  async status(user: string): Promise<SecondFactorStatus | undefined> {
    const { totp } = await this.#records.read(user);
    if (totp === undefined) return undefined;
    const { count = 0, lastMs = 0 } = totp.wrong ?? {};
    const isBlocked = wrongNow(totp, this.#now()) >= MAX_WRONG;
    return {
      since: new Date(totp.sinceMs),
      recoveryCodesLeft: totp.recovery.length,
      blockedUntil: isBlocked ? new Date(lastMs + (count - MAX_WRONG + 1) * REGAIN_MS) : undefined,
    };
  }

  /** A new secret and new recovery codes for `user`; nothing is kept yet. */
  prepare(user: string): Enrolment {
    const secret = makeSecret();
    return {
      user,
      secret,
      secretText: toBase32(secret),
      uri: otpauthUri(user, secret),
      recoveryCodes: makeRecoveryCodes(),
    };
  }

  /**
   * Puts a second factor in force. `code` shows that the user's program has the secret; undefined takes it on trust.
   *
   * @throws AccountError when the code is wrong, or there is a second factor already
   */
  async enable({ user, secret, recoveryCodes }: Enrolment, code: string | undefined): Promise<void> {
    const nowMs = this.#now();
    const step = code === undefined ? 0 : findStep(secret, withoutBlanks(code), nowMs);
    if (step === undefined) {
      throw new AccountError('this is not the code of now: is the clock of the phone right? Nothing was changed');
    }
    await this.#records.edit(user, (record) => {
      if (record.totp !== undefined) throw new AccountError('there is a second factor already: disable it first');
      const recovery = recoveryCodes.map((one) => hashRecoveryCode(one));
      return { ...record, totp: { secret, sinceMs: nowMs, usedStep: step, wrong: undefined, recovery } };
    });
  }

  /** Takes the second factor away. @throws AccountError when there is none */
  async disable(user: string): Promise<void> {
    await this.#records.edit(user, (record) => {
      requireTotp(record);
      return { ...record, totp: undefined };
    });
  }

  /** New recovery codes in the place of the old ones. @throws AccountError when there is no second factor */
  async renewRecoveryCodes(user: string): Promise<readonly string[]> {
    const codes = makeRecoveryCodes();
    await this.#records.edit(user, (record) => ({
      ...record,
      totp: { ...requireTotp(record), recovery: codes.map((one) => hashRecoveryCode(one)) },
    }));
    return codes;
  }

  /**
   * Whether `code` is the one of now, or a recovery code. A right one is used up by that, and that is on the disk before
   * the answer is given.
   *
   * @throws LoginRecordError, FileLockedError, the errors of the system
   */
  async check(user: string, code: string): Promise<CodeCheck> {
    let result: CodeCheck = { kind: 'no-second-factor' };
    await this.#records.edit(user, (record) => {
      if (record.totp === undefined) return record;
      const { check, totp } = judgeCode(record.totp, withoutBlanks(code), this.#now());
      result = check;
      return totp === record.totp ? record : { ...record, totp };
    });
    return result;
  }
}

/** What a code is, and what is to be kept after it. */
function judgeCode(totp: TotpRecord, code: string, nowMs: number): { check: CodeCheck; totp: TotpRecord } {
  const level = wrongNow(totp, nowMs);
  if (level >= MAX_WRONG) return { check: { kind: 'too-many-codes' }, totp };
  const step = findStep(totp.secret, code, nowMs);
  if (step !== undefined && step > totp.usedStep) {
    return { check: { kind: 'right' }, totp: { ...totp, usedStep: step, wrong: undefined } };
  }
  const hash = isLikeRecoveryCode(code) ? findRecoveryHash(totp.recovery, code) : undefined;
  if (hash !== undefined) {
    const recovery = totp.recovery.filter((one) => one !== hash);
    return { check: { kind: 'recovery', left: recovery.length }, totp: { ...totp, wrong: undefined, recovery } };
  }
  return {
    check: { kind: step === undefined ? 'wrong-code' : 'used-code' },
    totp: { ...totp, wrong: { count: level + 1, lastMs: nowMs } },
  };
}

/** How many of the wrong codes still count. */
function wrongNow({ wrong }: TotpRecord, nowMs: number): number {
  // Of the future: the clock was set back, and nobody waits for it to catch up.
  if (wrong === undefined || wrong.lastMs > nowMs) return 0;
  return Math.max(0, wrong.count - Math.floor((nowMs - wrong.lastMs) / REGAIN_MS));
}

function requireTotp({ totp }: LoginRecord): TotpRecord {
  if (totp === undefined) throw new AccountError('there is no second factor');
  return totp;
}

/** Programs show a code in two groups, and people type it so. */
function withoutBlanks(code: string): string {
  return code.replace(/\s/g, '');
}
