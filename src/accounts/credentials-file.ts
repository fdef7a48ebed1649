// Reads the content of the credentials file, `user:secret` a line. Bytes in, accounts and problems out: no I/O here.
// No text made here shows a secret, nor a name that breaks the rule: it may be a password in the wrong place.

import { isUtf8 } from 'node:buffer';
import { foldUserName, isUserName, USER_NAME_RULE } from '../model/user-name.ts';
import { type Account, LOCK_MARK } from './account.ts';
import { MAX_PASSWORD_BYTES } from './password.ts';
import { readHash } from './password-hash.ts';

/** Something about one line, in words. Lines count from 1. */
export interface Remark {
  readonly line: number;
  readonly text: string;
}

export interface Credentials {
  /** In the order of the file. */
  readonly accounts: readonly Account[];
  /** What is wrong; the file is good when there is nothing. */
  readonly problems: readonly Remark[];
  /** What is allowed and most likely not meant. */
  readonly warnings: readonly Remark[];
}

const LF = 0x0a;

// Hashes of other programs (crypt(3), bcrypt, the argon2 that is not argon2id): taken as they stand, as passwords.
const FOREIGN_HASH = /^\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2[id]|pbkdf2[a-z0-9-]*)\$/;

/** Reads the whole file and names everything that is wrong with it, each with its line. */
export function parseCredentials(bytes: Uint8Array): Credentials {
  const accounts: Account[] = [];
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  /** Line of each user, by the name with case folded. */
  const seen = new Map<string, { user: string; line: number }>();

  for (const { line, text } of linesOf(bytes)) {
    if (text === undefined) {
      problems.push({
        line,
        text: `this is not UTF-8${looksLikeUtf16(bytes) ? ' but UTF-16: save the file as UTF-8' : ''}`,
      });
      continue;
    }
    if (isComment(text)) continue;
    const account = parseLine(text, line);
    if ('problem' in account) {
      problems.push({ line, text: account.problem });
      continue;
    }
    const earlier = seen.get(foldUserName(account.user));
    if (earlier === undefined) {
      seen.set(foldUserName(account.user), { user: account.user, line });
      accounts.push(account);
      if (FOREIGN_HASH.test(account.secret)) warnings.push({ line, text: foreignHash(account.user) });
    } else if (earlier.user === account.user) {
      problems.push({ line, text: `the user ${account.user} stands already on line ${earlier.line}` });
    } else {
      problems.push({
        line,
        text: `the user ${account.user} differs only in case from ${earlier.user} on line ${earlier.line}`,
      });
    }
  }
  return { accounts, problems, warnings };
}

/** Whether a line, without its end, is empty or a comment. */
function isComment(text: string): boolean {
  return /^\s*(?:#|$)/.test(text);
}

function parseLine(text: string, line: number): Account | { problem: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { problem: 'there is no colon: a line is user:secret' };
  const user = text.slice(0, colon);
  const afterColon = text.slice(colon + 1);
  const locked = afterColon.startsWith(LOCK_MARK);
  const secret = afterColon.slice(locked ? LOCK_MARK.length : 0);
  if (!isUserName(user)) return { problem: `this user name is not allowed: ${USER_NAME_RULE}` };
  if (secret === '' && !locked) return { problem: `the secret of ${user} is empty` };
  const read = readHash(secret);
  if (read.kind === 'problem') return { problem: `the secret of ${user}: ${read.problem}` };
  if (read.kind === 'hash') return { user, secret, hash: read.hash, locked, line };
  if (Buffer.byteLength(secret) > MAX_PASSWORD_BYTES) {
    return { problem: `the secret of ${user} is longer than ${MAX_PASSWORD_BYTES} bytes: no login could ever send it` };
  }
  return { user, secret, hash: undefined, locked, line };
}

/** The lines without their ends (LF or CR LF) and without the byte order mark; `text` is undefined if not UTF-8. */
function* linesOf(bytes: Uint8Array): Generator<{ line: number; text: string | undefined }> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = content.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0;
  for (let line = 1; from < content.length; line += 1) {
    const end = content.indexOf(LF, from);
    const row = content.subarray(from, end < 0 ? content.length : end);
    yield { line, text: isUtf8(row) ? row.toString('utf8').replace(/\r$/, '') : undefined };
    from = end < 0 ? content.length : end + 1;
  }
}

function looksLikeUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function foreignHash(user: string): string {
  return `the secret of ${user} looks like a hash of a kind that is not read here: as it stands, it is the password`;
}
