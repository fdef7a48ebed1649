// Decides whether the server is the one that was meant, by known_hosts or by the caller's own check.

import { printable } from '../model/printable.ts';
import { ConnectionError } from './connection-error.ts';
import type { HostKey } from './host-key.ts';
import { judgeHostKey, type KnownKey, knownHostLine, knownHostName, knownKeyTypes } from './known-hosts.ts';
import { appendKnownHost, readKnownHosts, userKnownHostsFile } from './known-hosts-file.ts';

/** A host that no known_hosts file knows by this key. */
export interface UnknownHost {
  readonly host: string;
  readonly port: number;
  readonly key: HostKey;
  /** Keys of other types that the host is known by: a reason to be suspicious. */
  readonly others: readonly KnownKey[];
}

/**
 * What to do with a host that is not known: `refuse` it, `accept-new` (but never one that is known by a key of
 * another type), or ask; asking resolves to whether to go on. An accepted key is added to the first file.
 */
export type UnknownHostPolicy = 'refuse' | 'accept-new' | ((host: UnknownHost) => Promise<boolean>);

export interface KnownHostsPolicy {
  /** `~/.ssh/known_hosts` unless told. The first one is written to. */
  readonly files?: readonly string[];
  /** `refuse` unless told. */
  readonly unknown?: UnknownHostPolicy;
}

/** The caller's own check, instead of known_hosts: resolves to whether this is the right host. */
export type VerifyHost = (key: HostKey) => boolean | Promise<boolean>;

export interface HostVerifier {
  /** The key types that the host is known by, for the order of algorithms. */
  readonly knownTypes: readonly string[];
  /** @throws ConnectionError `host-key-unknown`, `host-key-changed`, `host-key-revoked`. */
  verify(key: HostKey): Promise<void>;
}

export async function createHostVerifier(options: {
  host: string;
  port: number;
  knownHosts?: KnownHostsPolicy;
  verifyHost?: VerifyHost;
}): Promise<HostVerifier> {
  const { host, port, verifyHost, knownHosts = {} } = options;
  if (verifyHost !== undefined) {
    return {
      knownTypes: [],
      async verify(key) {
        if (!(await verifyHost(key))) throw notAccepted(host, key);
      },
    };
  }
  const { files = [userKnownHostsFile()], unknown = 'refuse' } = knownHosts;
  const name = knownHostName(host, port);
  const known = await readKnownHosts(files);
  return {
    knownTypes: knownKeyTypes(known, name),
    async verify(key) {
      const verdict = judgeHostKey(known, name, key);
      switch (verdict.status) {
        case 'match':
          return;
        case 'changed':
          throw changed(name, key, verdict.known);
        case 'revoked':
          throw revoked(name, verdict.known);
        case 'unknown':
          await decide({ host, port, key, others: verdict.others }, unknown);
          if (files[0] !== undefined) await appendKnownHost(files[0], knownHostLine(name, key));
          return;
        default:
          return verdict satisfies never;
      }
    },
  };
}

async function decide(unknown: UnknownHost, policy: UnknownHostPolicy): Promise<void> {
  if (policy === 'accept-new' && unknown.others.length === 0) return;
  if (typeof policy === 'function' && (await policy(unknown))) return;
  throw notAccepted(unknown.host, unknown.key, unknown.others);
}

function notAccepted(host: string, key: HostKey, others: readonly KnownKey[] = []): ConnectionError {
  const known = others.map(({ type, fingerprint }) => `${type} ${fingerprint}`).join(', ');
  return new ConnectionError(
    'host-key-unknown',
    `The host ${host} is not known by its ${printable(key.type)} key ${key.fingerprint}` +
      (known === '' ? '' : `, only by ${printable(known)}`),
  );
}

function changed(name: string, key: HostKey, known: KnownKey): ConnectionError {
  return new ConnectionError(
    'host-key-changed',
    `The host key of ${name} has changed: this may be an attack, or a server that was set up anew.\n` +
      `  it shows        ${printable(key.type)} ${key.fingerprint}\n` +
      `  it is known by  ${printable(known.type)} ${known.fingerprint} (${known.file}:${known.line})\n` +
      'Ask who runs the server. If the new key is right, remove that line and connect again.',
  );
}

function revoked(name: string, known: KnownKey): ConnectionError {
  return new ConnectionError(
    'host-key-revoked',
    `The host key of ${name}, ${printable(known.type)} ${known.fingerprint}, is revoked (${known.file}:${known.line})`,
  );
}
