// The options that every command has which connects to a server.

import type { Argv } from 'yargs';
import { UsageError } from './usage-error.ts';

export interface ConnectionFlags {
  readonly port: number | undefined;
  readonly identities: readonly string[];
  readonly passwordFile: string | undefined;
  readonly acceptNew: boolean;
  readonly knownHosts: string | undefined;
  readonly timeoutMs: number;
}

const GROUP = 'Connection:';

export function describeConnection(program: Argv): Argv {
  return program
    .option('port', {
      alias: 'P',
      string: true,
      requiresArg: true,
      group: GROUP,
      describe: 'Port of the server [default: 22]',
    })
    .option('identity', {
      alias: 'i',
      string: true,
      array: true,
      nargs: 1,
      group: GROUP,
      describe: 'Private key file [default: ~/.ssh/id_ed25519, id_ecdsa, id_rsa]',
    })
    .option('password-file', {
      string: true,
      requiresArg: true,
      group: GROUP,
      describe: 'File with the password in its first line (or set SSHOME_PASSWORD)',
    })
    .option('accept-new', {
      boolean: true,
      group: GROUP,
      describe: 'Accept and remember the key of a new host; for scripts',
    })
    .option('known-hosts', {
      string: true,
      requiresArg: true,
      group: GROUP,
      describe: 'File of known host keys [default: ~/.ssh/known_hosts]',
    })
    .option('timeout', {
      string: true,
      requiresArg: true,
      group: GROUP,
      describe: 'Seconds to wait for an answer while connecting [default: 20]',
    });
}

/** @throws UsageError */
export function connectionFlags(args: Readonly<Record<string, unknown>>): ConnectionFlags {
  const text = (name: string): string | undefined => (typeof args[name] === 'string' ? args[name] : undefined);
  const identities: unknown = args['identity'];
  return {
    port: numberOf(text('port'), 'port', 1, 65_535),
    identities: Array.isArray(identities) ? identities.map(String) : [],
    passwordFile: text('password-file'),
    acceptNew: args['accept-new'] === true,
    knownHosts: text('known-hosts'),
    timeoutMs: (numberOf(text('timeout'), 'timeout', 1, 86_400) ?? 20) * 1000,
  };
}

function numberOf(text: string | undefined, name: string, from: number, to: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to))
    throw new UsageError(`--${name} takes a number from ${from} to ${to}, not "${text}"`);
  return value;
}
