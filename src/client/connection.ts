// One SSH connection with one SFTP session on it, from the socket to the login, by ssh2-sftp-client. Knows nothing of
// files.

import { createConnection } from 'node:net';
import ssh2, { type ParsedKey, type SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import { printable } from '../model/printable.ts';
import { ForgivingAgent } from './agent.ts';
import { type AnswerSource, authHandlerFor, type IdentitySource, type PasswordSource } from './authentication.ts';
import { ConnectionError } from './connection-error.ts';
import { connectionErrorFrom } from './connection-failure.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { type HostKey, hostKeyOf, rsaBits } from './host-key.ts';
import { createHostVerifier, type KnownHostsPolicy, type VerifyHost } from './host-verification.ts';
import { prepareTransport, type Transport } from './transport.ts';

/** How long a server may be silent until the login is through. */
export const TIMEOUT_MS: number = 20_000;
/** How long a server may take to end a connection that we have ended. */
const GOODBYE_MS = 2_000;
/** Shortest RSA key of a host that is taken, in bits, as with OpenSSH's RequiredRSASize and NIST SP 800-131A. */
const MIN_RSA_BITS = 2048;

export interface ConnectionOptions {
  /** A name or an IP address. */
  readonly host: string;
  /** 22 unless told. */
  readonly port?: number;
  readonly user: string;
  /** The password, or a function that asks for it (three times at most). */
  readonly password?: PasswordSource;
  /** Answers what the server asks beyond the password: a one-time code, a new password. */
  readonly answer?: AnswerSource;
  /** A private key in OpenSSH, PEM or PPK format. */
  readonly privateKey?: string | Buffer;
  /** What the private key is encrypted with. */
  readonly passphrase?: string | Buffer;
  /** More private keys, made ready one by one when their turn comes. */
  readonly identities?: readonly IdentitySource[];
  /** The socket of an SSH agent, as in `SSH_AUTH_SOCK`; its keys are tried first. */
  readonly agent?: string;
  /** How the host is known; `~/.ssh/known_hosts` alone unless told. */
  readonly knownHosts?: KnownHostsPolicy;
  /** An own check of the host key, instead of known_hosts. */
  readonly verifyHost?: VerifyHost;
  /** How long the server may be silent until the login is through, without the time people take: 20,000 unless told. */
  readonly timeoutMs?: number;
  /** How often a silent server is asked whether it lives; lost after three times. 15,000 unless told, 0 never asks. */
  readonly keepAliveMs?: number;
  /** When new keys are exchanged: after 1 GiB in one direction or an hour, unless told. */
  readonly rekey?: { readonly rekeyBytes?: number; readonly rekeyTimeMs?: number };
  /** Ends the attempt, and a connection that stands. */
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly sftp: SFTPWrapper;
  readonly hostKey: HostKey;
  /** Resolves when the connection has ended: to undefined after `end`, to the reason otherwise. Never rejects. */
  readonly closed: Promise<ConnectionError | undefined>;
  end(): Promise<void>;
}

/** Connects and logs in. @throws ConnectionError, or what a callback of the options threw */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const attempt = { agentRefused: false };
  try {
    return await attemptConnection(options, attempt);
  } catch (error) {
    // ssh2 gives a login up when the agent will not sign (a locked key, a person who said no): go on without it.
    if (!attempt.agentRefused || !(error instanceof ConnectionError) || error.code === 'cancelled') throw error;
    const { agent: _, ...withoutAgent } = options;
    return attemptConnection(withoutAgent, attempt);
  }
}

async function attemptConnection(options: ConnectionOptions, attempt: { agentRefused: boolean }): Promise<Connection> {
  const { host, port = 22, timeoutMs = TIMEOUT_MS, keepAliveMs = 15_000, signal, answer } = options;
  const verifier = await createHostVerifier({ ...options, port });
  const privateKey = options.privateKey === undefined ? undefined : parsePrivateKey(options);

  const socket = createConnection({ host, port, noDelay: true });
  /** The first thing that went wrong: ours, or what a callback of the caller threw. */
  let reason: unknown;
  const fail = (error: ConnectionError): void => {
    reason ??= error;
    socket.destroy();
  };
  const cancel = (): void => fail(new ConnectionError('cancelled', 'Cancelled', { cause: signal?.reason }));
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  const deadline = startDeadline(timeoutMs, () => fail(noAnswer(options)));

  let hostKey: HostKey | undefined;
  const verifyHost = async (key: HostKey): Promise<void> => {
    const bits = rsaBits(key);
    if (bits !== undefined && bits < MIN_RSA_BITS) {
      throw new ConnectionError('protocol', `${host} has an RSA key of ${bits} bits, which is too weak to be trusted`);
    }
    await deadline.during(verifier.verify(key));
    hostKey = key;
  };

  const ssh = new SftpClient('sshome', { error() {}, end() {}, close() {} });
  let ended = false;
  let firstError: unknown;
  const closed = new Promise<ConnectionError | undefined>((resolve) => {
    socket.once('close', () => {
      signal?.removeEventListener('abort', cancel);
      resolve(ended ? undefined : connectionErrorFrom(reason ?? firstError, { host, port }));
    });
  });
  const connecting = ssh.connect({
    sock: socket,
    username: options.user,
    // Ours waits while people are asked; ssh2's does not.
    readyTimeout: 0,
    keepaliveInterval: keepAliveMs,
    keepaliveCountMax: 3,
    hostVerifier: (blob: Buffer, verify: (valid: boolean) => void): void => {
      // Asked again at each key exchange: the host may not change under way. The answer may not wait then: ssh2 goes on
      // sending when the server's NEWKEYS has come, and before ours has gone.
      if (hostKey !== undefined) {
        const isSame = hostKey.blob.equals(blob);
        if (!isSame) reason ??= new ConnectionError('host-key-changed', `${host} has changed its key under way`);
        verify(isSame);
        return;
      }
      verifyHost(hostKeyOf(blob)).then(
        () => verify(true),
        (error: unknown) => {
          reason ??= error;
          verify(false);
        },
      );
    },
    authHandler: authHandlerFor(
      {
        user: options.user,
        agent: options.agent === undefined ? undefined : agentAt(options.agent, attempt, deadline),
        identities: [
          ...(privateKey === undefined ? [] : [() => Promise.resolve(privateKey)]),
          ...(options.identities ?? []).map((load) => () => deadline.during(load())),
        ],
        password: patient(options.password, deadline),
        answer: answer && ((question, instructions) => deadline.during(answer(question, instructions))),
      },
      (error) => {
        reason ??= error;
      },
    ),
  });
  // Nobody waits for it when what comes before that fails.
  connecting.catch(() => {});
  const prepare = (): Transport => {
    try {
      return prepareTransport({
        client: clientOf(ssh),
        knownTypes: verifier.knownTypes,
        rekey: options.rekey ?? {},
        onStalled: (what) => fail(new ConnectionError('protocol', `${host}: ${what}`)),
        onViolation: (what, cause) => fail(new ConnectionError('protocol', `${host}: ${what}`, { cause })),
      });
    } catch (error) {
      // It says what is wrong with the installation; the connection has nothing to add.
      reason ??= error;
      throw error;
    }
  };
  // After `connect`, so that this listener comes before the ones that ssh2-sftp-client has for the attempt.
  ssh.on('error', (error: unknown) => {
    firstError ??= error;
  });

  try {
    const transport = prepare();
    const sftp = await connecting;
    if (hostKey === undefined) throw new ConnectionError('protocol', 'The server has shown no host key');
    transport.sessionStands();
    const end = async (): Promise<void> => {
      ended = true;
      const patience = setTimeout(() => socket.destroy(), GOODBYE_MS);
      // A goodbye that can't be sent is none that failed: the connection is gone.
      await Promise.race([ssh.end().catch(() => {}), closed]);
      clearTimeout(patience);
      socket.destroy();
      await closed;
    };
    // An error of the SFTP session (a malformed packet) ends the connection: nothing else runs on it.
    sftp.on('error', (error: Error) =>
      fail(new ConnectionError('protocol', printable(error.message), { cause: error })),
    );
    // After its end nothing is answered any more, whether or not the server closes the channel too.
    for (const event of ['end', 'close'])
      sftp.on(event, () => fail(new ConnectionError('lost', `${host} has ended the SFTP session`)));
    return { sftp, hostKey, closed, end };
  } catch (error) {
    socket.destroy();
    throw reason ?? connectionErrorFrom(firstError ?? error, { host, port });
  } finally {
    deadline.stop();
  }
}

export function noAnswer({ host, port = 22, timeoutMs = TIMEOUT_MS }: ConnectionOptions): ConnectionError {
  return new ConnectionError('timeout', `No answer from ${host} port ${port} within ${timeoutMs / 1000} seconds`);
}

/** The client of ssh2 inside. */
function clientOf(ssh: SftpClient): object {
  return (ssh as unknown as { client: object }).client;
}

function agentAt(socketPath: string, attempt: { agentRefused: boolean }, deadline: Deadline): ForgivingAgent {
  return new ForgivingAgent(socketPath, {
    refused: () => {
      attempt.agentRefused = true;
    },
    signing: (signed) => void deadline.during(signed),
  });
}

/** Time that people take to type does not count. */
function patient(password: PasswordSource | undefined, deadline: Deadline): PasswordSource | undefined {
  return typeof password === 'function' ? (attempt) => deadline.during(password(attempt)) : password;
}

function parsePrivateKey({ privateKey = '', passphrase }: ConnectionOptions): ParsedKey {
  const key = ssh2.utils.parseKey(privateKey, passphrase);
  if (key instanceof Error) {
    throw new ConnectionError('authentication', 'The private key cannot be read, or its passphrase is wrong', {
      cause: key,
    });
  }
  return key;
}
