// The `known_hosts` format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): which key a host is known by. Words only, no I/O.
// `@cert-authority` lines are passed over: host certificates are not supported.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { compilePattern } from '../model/glob-pattern.ts';
import { fingerprintOf, type HostKey } from './host-key.ts';

/** One line of a known_hosts file that names a key. */
export interface KnownHost {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The host patterns, as they stand in the file. */
  readonly hosts: string;
  readonly revoked: boolean;
  readonly type: string;
  readonly blob: Buffer;
}

export interface KnownKey {
  readonly file: string;
  readonly line: number;
  readonly type: string;
  readonly fingerprint: string;
}

export type Verdict =
  | { readonly status: 'match' }
  /** `others`: keys of other types that the host is known by; the server should have shown one of these. */
  | { readonly status: 'unknown'; readonly others: readonly KnownKey[] }
  | { readonly status: 'changed'; readonly known: KnownKey }
  | { readonly status: 'revoked'; readonly known: KnownKey };

/** The lines of a file that name a key. Lines that cannot be read are passed over, as ssh(1) does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const found: KnownHost[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const fields = raw.trim().split(/[ \t]+/);
    if (raw.trim() === '' || fields[0]?.startsWith('#')) continue;
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
    if (marker !== undefined && marker !== '@revoked') continue;
    const [hosts, type, base64] = fields;
    if (hosts === undefined || type === undefined || base64 === undefined) continue;
    const blob = Buffer.from(base64, 'base64');
    if (blob.length === 0) continue;
    found.push({ file, line: index + 1, hosts, revoked: marker === '@revoked', type, blob });
  }
  return found;
}

/** The name that known_hosts has for a host on a port: `host`, or `[host]:port` off port 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** What the known hosts say of `key`, shown by the host that known_hosts calls `name`. */
export function judgeHostKey(known: readonly KnownHost[], name: string, key: HostKey): Verdict {
  const ours = known.filter((entry) => namesHost(entry.hosts, name));
  const revoked = ours.find((entry) => entry.revoked && entry.blob.equals(key.blob));
  if (revoked !== undefined) return { status: 'revoked', known: knownKeyOf(revoked) };
  const trusted = ours.filter((entry) => !entry.revoked);
  if (trusted.some((entry) => entry.blob.equals(key.blob))) return { status: 'match' };
  const sameType = trusted.find((entry) => entry.type === key.type);
  if (sameType !== undefined) return { status: 'changed', known: knownKeyOf(sameType) };
  return { status: 'unknown', others: trusted.map(knownKeyOf) };
}

/** The types of key that a host is known by, in the order of the files. */
export function knownKeyTypes(known: readonly KnownHost[], name: string): string[] {
  const types = known.filter((entry) => !entry.revoked && namesHost(entry.hosts, name)).map(({ type }) => type);
  return [...new Set(types)];
}

/** The line that makes a host known by a key, without a line end. */
export function knownHostLine(name: string, key: HostKey): string {
  return `${name} ${key.type} ${key.blob.toString('base64')}`;
}

function knownKeyOf({ file, line, type, blob }: KnownHost): KnownKey {
  return { file, line, type, fingerprint: fingerprintOf(blob) };
}

/** Whether a pattern list names the host; a negated pattern that matches rules the whole line out. */
function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return isHashOf(hosts, name);
  let named = false;
  for (const item of hosts.split(',')) {
    const negated = item.startsWith('!');
    if (!matches(negated ? item.slice(1) : item, name)) continue;
    if (negated) return false;
    named = true;
  }
  return named;
}

/** `|1|salt|hash`, both base64: HMAC-SHA1 of the name, keyed with the salt. */
function isHashOf(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** `*` is any text, `?` any one character, everything else (square brackets too) itself. */
function matches(pattern: string, name: string): boolean {
  // Not by a regular expression: many stars would take it minutes.
  const escaped = pattern.replace(/[[\]\\]/g, '\\$&');
  return compilePattern(escaped, { dot: true, ignoreCase: true })(name);
}
