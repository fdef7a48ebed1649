// What is kept of one user's logins, beside the password and the keys, as the text of its file: `name value` lines. Text
// in, a record or what is wrong with it out: no I/O here. What can't be read is never passed over: it might be a demand.

import { isRecoveryHash } from './recovery-codes.ts';
import { readSecret, toBase32 } from './totp.ts';

/** The second factor of a user. */
export interface TotpRecord {
  readonly secret: Buffer;
  readonly sinceMs: number;
  /** The latest step whose code was used: it and those before it count no more. */
  readonly usedStep: number;
  /** Codes that were wrong since the last right one, and when the latest of them came. */
  readonly wrong: { readonly count: number; readonly lastMs: number } | undefined;
  /** Those not used yet, hashed. */
  readonly recovery: readonly string[];
}

export interface LoginRecord {
  /** When the password was set; undefined is not known. */
  readonly passwordSetMs: number | undefined;
  readonly mustChangePassword: boolean;
  readonly totp: TotpRecord | undefined;
}

export const EMPTY_RECORD: LoginRecord = { passwordSetMs: undefined, mustChangePassword: false, totp: undefined };

/** Reads the text of a record. */
export function parseLoginRecord(text: string): LoginRecord | { readonly problem: string } {
  const values = new Map<string, string[]>();
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(row)) continue;
    const [, name = '', value = ''] = /^([a-z-]+) +(\S.*?)\s*$/.exec(row) ?? [];
    const field = FIELDS.get(name);
    if (field === undefined || !field(value)) return { problem: `line ${index + 1} is not of the form NAME VALUE` };
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const one = (name: string): string | undefined => values.get(name)?.at(-1);
  const secret = readSecret(one('totp-secret') ?? '');
  if (secret === undefined && [...values.keys()].some((name) => /^(?:totp|recovery)-/.test(name))) {
    return { problem: 'there is no totp-secret' };
  }
  const set = one('password-set');
  const [count, last = ''] = one('totp-wrong')?.split(/ +/) ?? [];
  return {
    passwordSetMs: set === undefined ? undefined : Date.parse(set),
    mustChangePassword: one('password-must-change') === 'yes',
    totp: secret && {
      secret,
      sinceMs: Date.parse(one('totp-since') ?? '') || 0,
      usedStep: Number(one('totp-used') ?? 0),
      wrong: count === undefined ? undefined : { count: Number(count), lastMs: Date.parse(last) },
      recovery: values.get('recovery-code') ?? [],
    },
  };
}

/** The text of a record; empty when there is nothing to keep. */
export function formatLoginRecord({ passwordSetMs, mustChangePassword, totp }: LoginRecord): string {
  const lines: string[] = [];
  if (passwordSetMs !== undefined) lines.push(`password-set ${timeOf(passwordSetMs)}`);
  if (mustChangePassword) lines.push('password-must-change yes');
  if (totp !== undefined) {
    lines.push(`totp-secret ${toBase32(totp.secret)}`, `totp-since ${timeOf(totp.sinceMs)}`);
    if (totp.usedStep > 0) lines.push(`totp-used ${totp.usedStep}`);
    if (totp.wrong !== undefined) lines.push(`totp-wrong ${totp.wrong.count} ${timeOf(totp.wrong.lastMs)}`);
    lines.push(...totp.recovery.map((hash) => `recovery-code ${hash}`));
  }
  return lines.length === 0 ? '' : `${[HEAD, ...lines].join('\n')}\n`;
}

const HEAD = '# Kept by sshome: docs/login.md. The secret is as good as a password.';

/** Every name, and whether a value can be one of its. */
const FIELDS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['password-set', isTime],
  ['password-must-change', (value) => value === 'yes' || value === 'no'],
  ['totp-secret', (value) => readSecret(value) !== undefined],
  ['totp-since', isTime],
  ['totp-used', (value) => /^\d{1,15}$/.test(value)],
  ['totp-wrong', (value) => /^\d{1,9} +\S+$/.test(value) && isTime(value.split(/ +/)[1] ?? '')],
  ['recovery-code', isRecoveryHash],
]);

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
