// Reads the content of one user's authorized keys, in the format of OpenSSH (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
// Text in, keys and remarks out: no I/O here. A key with an option that is not kept here does not count: to let it in
// without what the option asks for would be worse.

import type { Remark } from './credentials-file.ts';
import { isKeyType, type PublicKey, parsePublicKey } from './public-key.ts';

export interface AuthorizedKey extends PublicKey {
  /** Where it stands, from 1. */
  readonly line: number;
}

export interface AuthorizedKeysContent {
  readonly keys: readonly AuthorizedKey[];
  /** Lines that do not count, and why. */
  readonly ignored: readonly Remark[];
}

// What these forbid is not served at all: forwarding of ports, agents and X11, and commands at login. A terminal here
// is a way to show text, not a device of the host, so no-pty and pty change nothing.
const KEPT_OPTIONS: ReadonlySet<string> = new Set([
  'restrict',
  'no-port-forwarding',
  'no-agent-forwarding',
  'no-x11-forwarding',
  'no-user-rc',
  'no-pty',
  'pty',
]);

/** Reads the keys of a file, line by line. */
export function parseAuthorizedKeys(text: string): AuthorizedKeysContent {
  const keys: AuthorizedKey[] = [];
  const ignored: Remark[] = [];
  for (const [index, row] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    if (/^\s*(?:#|$)/.test(row)) continue;
    const key = parseAuthorizedKey(row);
    if ('problem' in key) ignored.push({ line, text: key.problem });
    else keys.push({ ...key, line });
  }
  return { keys, ignored };
}

/** Reads one line: `[OPTIONS] TYPE KEY [COMMENT]`. */
export function parseAuthorizedKey(row: string): PublicKey | { readonly problem: string } {
  const trimmed = row.trimStart();
  if (startsWithKeyType(trimmed)) return parsePublicKey(trimmed);
  const { options, rest } = splitOptions(trimmed);
  if (!startsWithKeyType(rest)) return parsePublicKey(trimmed);
  const unkept = options.find((option) => !KEPT_OPTIONS.has(option.toLowerCase()));
  if (unkept !== undefined)
    return { problem: `the option ${nameOfOption(unkept)} is not kept here: the key does not count` };
  return parsePublicKey(rest);
}

function startsWithKeyType(text: string): boolean {
  return isKeyType(text.split(/[ \t]/, 1)[0] ?? '');
}

/** Options are parted by commas and end at the first blank outside of double quotes; `\"` is a quote inside them. */
function splitOptions(text: string): { options: string[]; rest: string } {
  const whole = /^(?:"(?:\\"|[^"])*"|[^\s"])*/.exec(text)?.[0] ?? '';
  return {
    options: whole.match(/(?:"(?:\\"|[^"])*"|[^,"])+/g) ?? [],
    rest: text.slice(whole.length).trimStart(),
  };
}

/** The name alone, and only if it looks like one: the value may be anything. */
function nameOfOption(option: string): string {
  const name = option.split('=', 1)[0] ?? '';
  return /^[A-Za-z0-9-]{1,40}$/.test(name) ? `"${name}"` : 'at the start of the line';
}
