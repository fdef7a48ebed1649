// Connects as a person at a command line expects: keys and agents that are there are used, what is missing is asked
// for on the terminal.

import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { AnswerSource, PasswordSource } from '../client/authentication.ts';
import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import type { UnknownHost } from '../client/host-verification.ts';
import { identityFromFile } from '../client/identity-file.ts';
import { localError } from '../client/local-error.ts';
import { printable } from '../model/printable.ts';
import type { ConnectionFlags } from './connection-options.ts';
import type { Asking } from './controlling-terminal.ts';
import type { RemoteArgument } from './remote-argument.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'] as const;

/** @throws ConnectionError, FileError (a key or password file), InterruptedError, UsageError (no name to log in with) */
export async function openClient(
  remote: Pick<RemoteArgument, 'user' | 'host' | 'port'>,
  flags: ConnectionFlags,
  by: { environment: NodeJS.ProcessEnv; asking: Asking | undefined; signal: AbortSignal },
): Promise<Client> {
  // A question whose connection is gone is taken back: nobody would hear the answer.
  const settled = new AbortController();
  try {
    return await connectAsking(remote, flags, { ...by, asking: by.asking && until(settled.signal, by.asking) });
  } finally {
    settled.abort();
  }
}

async function connectAsking(
  remote: Pick<RemoteArgument, 'user' | 'host' | 'port'>,
  flags: ConnectionFlags,
  { environment, asking, signal }: { environment: NodeJS.ProcessEnv; asking: Asking | undefined; signal: AbortSignal },
): Promise<Client> {
  const { host } = remote;
  const user = remote.user ?? ownName();
  const given = await givenPassword(flags, environment);
  const askPassphrase = (file: string): Promise<string> =>
    asking === undefined ? Promise.resolve('') : asking.secret(`Passphrase of ${file}: `);
  const chosen = flags.identities.map((file) => identityFromFile(file, { required: true, askPassphrase }));
  // Who gives the password does not want to be asked for the passphrase of a key.
  const usual = DEFAULT_KEYS.map((name) =>
    identityFromFile(join(homedir(), '.ssh', name), given === undefined ? { askPassphrase } : {}),
  );
  const agent = environment['SSH_AUTH_SOCK'];
  const password = given ?? (asking && passwordFrom(asking, `${printable(user)}@${printable(host)}`));
  return connect({
    host,
    user,
    port: remote.port ?? flags.port ?? 22,
    identities: chosen.length > 0 ? chosen : usual,
    timeoutMs: flags.timeoutMs,
    signal,
    knownHosts: {
      unknown: flags.acceptNew ? 'accept-new' : asking === undefined ? 'refuse' : (unknown) => accepts(asking, unknown),
      ...(flags.knownHosts === undefined ? {} : { files: [flags.knownHosts] }),
    },
    ...(agent === undefined || agent === '' ? {} : { agent }),
    ...(password === undefined ? {} : { password }),
    ...(asking === undefined ? {} : { answer: answerFrom(asking) }),
  });
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account that this machine has no name for, as in a container.
    throw new UsageError('Your account has no name on this machine: write USER@HOST');
  }
}

function until(settled: AbortSignal, asking: Asking): Asking {
  return {
    secret: (question) => asking.secret(question, settled),
    yesOrNo: (question) => asking.yesOrNo(question, settled),
  };
}

async function givenPassword(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (flags.passwordFile === undefined) return environment['SSHOME_PASSWORD'];
  try {
    const [first = ''] = (await readFile(flags.passwordFile, 'utf8')).split('\n', 1);
    return first.replace(/\r$/, '');
  } catch (error) {
    throw localError(error, flags.passwordFile);
  }
}

function passwordFrom(asking: Asking, who: string): PasswordSource {
  return (attempt) =>
    asking.secret(`${attempt === 1 ? '' : 'Permission denied, please try again.\n'}Password of ${who}: `);
}

/** What a server writes is shown as text, whatever it holds. */
function answerFrom(asking: Asking): AnswerSource {
  return (question, instructions) =>
    asking.secret(`${instructions === '' ? '' : `${printable(instructions)}\n`}${printable(question)}`);
}

function accepts(asking: Asking, { host, port, key, others }: UnknownHost): Promise<boolean> {
  const warning =
    others.length === 0 ? '' : 'WARNING: it is known by another type of key, which it does not show now!\n';
  return asking.yesOrNo(
    `The host ${printable(host)} (port ${port}) is not known.\n` +
      `Its ${printable(key.type)} key is ${key.fingerprint}\n` +
      `${warning}Is that right? Connect, and remember the key? (yes/no) `,
  );
}
