// The composition root: settings in, a running server out. The only file that knows all the parts.

import { ownerPolicy } from './access/policy.ts';
import { type AccountStore, openAccountStore } from './accounts/account-store.ts';
import { type Authenticator, createAuthenticator } from './accounts/authenticate.ts';
import { AuthorizedKeys, authorizedKeysFolder } from './accounts/authorized-keys.ts';
import { CredentialsError } from './accounts/load-credentials.ts';
import { createOwnAccount } from './accounts/own-account.ts';
import { PasswordPool } from './accounts/password-pool.ts';
import { findSampleUsers, SAMPLE_PASSWORDS } from './accounts/sample-users.ts';
import type { Config } from './config/schema.ts';
import { createLog, type ServerLog } from './log/log.ts';
import type { OwnAccount, SessionInfo } from './model/account.ts';
import type { Identity, Origin } from './model/identity.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import type { Backend, UserSession } from './sshd/backend.ts';
import { type HostKey, HostKeyError, loadHostKeys } from './sshd/host-key.ts';
import { listen, type SshServer } from './sshd/listener.ts';
import { nativeCiphers } from './sshd/ssh2-internals.ts';
import { chooseJail } from './storage/choose-jail.ts';
import { makeHomesDirectory, openHome } from './storage/home.ts';
import type { Storage } from './storage/storage.ts';

/** The server can't start; each problem is a sentence that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export interface SshomeServer {
  readonly host: string;
  readonly port: number;
  /** `ssh://HOST:PORT`, an IPv6 address in brackets. */
  readonly url: string;
  /** A user to show in an example; `user` when there is none. */
  readonly exampleUser: string;
  /** SHA256 fingerprints of the host keys, best first. */
  readonly fingerprints: readonly string[];
  /** Stops accepting, lets transfers finish for the grace time, then ends everything. Further calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Starts a server. `quiet` leaves standard error alone: log lines go to the log file, if there is one.
 *
 * @throws StartError when settings, users or keys don't allow a start.
 */
export async function startServer(
  config: Config,
  { quiet = false }: { readonly quiet?: boolean } = {},
): Promise<SshomeServer> {
  const log = createLog({
    quiet,
    level: config.logLevel,
    file: config.logFile,
    maxFileBytes: config.logFileBytes,
    maxFiles: config.logFiles,
  });
  try {
    return await start(config, log);
  } catch (error) {
    await log.close();
    throw asStartError(error, config);
  }
}

async function start(config: Config, log: ServerLog): Promise<SshomeServer> {
  if (!nativeCiphers) {
    log.warn(
      'the native ciphers of ssh2 are not built: transfers are slow and chacha20-poly1305 is not offered; ' +
        'with a C++ compiler installed, run: npm rebuild ssh2',
    );
  }
  const passwords = new PasswordPool();
  const store = await openAccountStore({ file: config.credentials, log });
  try {
    await refuseSamplePasswords(config.host, store, passwords);
    const hostKeys = await loadHostKeys({
      directory: config.keys,
      onMade: (key) => log.info('made a host key', { type: key.type, fingerprint: key.fingerprint }),
    });
    await makeHomesDirectory(config.homes);
    let sessions: SshServer['sessions'] = () => [];
    const backend = await createBackend({ config, log, store, passwords, sessions: () => sessions() });
    const ssh = await listen({ host: config.host, port: config.port, hostKeys, backend, limits: config });
    sessions = ssh.sessions;
    store.onChange(({ removed }) => {
      for (const user of removed) ssh.endUser(user, 'the account was removed');
    });
    return running({ config, log, store, passwords, hostKeys, ssh });
  } catch (error) {
    store.close();
    await passwords.close();
    throw error;
  }
}

/** Passwords that everybody can read in the documentation must not be within everybody's reach. */
async function refuseSamplePasswords(host: string, store: AccountStore, passwords: PasswordPool): Promise<void> {
  if (isLoopback(host)) return;
  const users = await findSampleUsers({ accounts: store.accounts, passwords });
  if (users.length === 0) return;
  throw new StartError([
    `the sample passwords of ${users.join(', ')} are known to everybody, so ${host} is not served with them; ` +
      `change each with: sshome user passwd ${users[0]}, or remove it with: sshome user remove ${users[0]}; ` +
      'or serve 127.0.0.1 alone',
  ]);
}

/** Refuses a sample password that came into the file while a public address is served. */
function withoutSamples(authenticator: Authenticator, host: string, log: ServerLog): Authenticator {
  if (isLoopback(host)) return authenticator;
  return {
    ...authenticator,
    password: async (user, password) => {
      const answer = await authenticator.password(user, password);
      if (!answer.ok || SAMPLE_PASSWORDS.get(user) !== password) return answer;
      log.error(`${user} has a sample password, which everybody knows: change it with: sshome user passwd ${user}`);
      return { ok: false, reason: 'wrong-password' };
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

interface Parts {
  readonly config: Config;
  readonly log: ServerLog;
  readonly store: AccountStore;
  readonly passwords: PasswordPool;
}

async function createBackend(parts: Parts & { readonly sessions: () => SessionInfo[] }): Promise<Backend> {
  const { config, log, store, passwords, sessions } = parts;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const authenticator = withoutSamples(await createAuthenticator({ store, keys, passwords, log }), config.host, log);
  const jail = chooseJail();
  if (jail === 'portable') {
    log.warn('this host has no /proc: homes are guarded by a weaker jail, for development only');
  }
  const operations = createOperations({ policy: ownerPolicy, audit: log.audit });
  return {
    authenticator,
    openSession: async (identity, origin) => {
      // Removed since the login was decided: nothing has ended this connection yet.
      if (store.find(identity.user) === undefined) throw new Error('the account was removed during the login');
      return openSession({
        operations,
        identity,
        origin,
        storage: await openHome({ homesDirectory: config.homes, user: identity.user, jail }),
        account: createOwnAccount({
          identity,
          origin,
          file: config.credentials,
          store,
          keys,
          passwords,
          authenticator,
          audit: log.audit,
          log,
        }),
      });
    },
    sessions: ({ user }) => sessions().filter((session) => session.user === user),
    sftpLimits: { handles: config.maxHandles, requests: config.maxRequests },
    audit: log.audit,
    log,
  };
}

function openSession(by: {
  operations: Operations;
  identity: Identity;
  origin: Origin;
  storage: Storage;
  account: OwnAccount;
}): UserSession {
  const { operations, identity, origin, storage, account } = by;
  let openFiles = 0;
  const onOpenFiles = (change: number): void => {
    openFiles += change;
  };
  return {
    files: (face) => operations.as({ identity, origin, face, storage, onOpenFiles }),
    account,
    get openFiles() {
      return openFiles;
    },
    close: () => storage.close(),
  };
}

function running(parts: Parts & { hostKeys: readonly HostKey[]; ssh: SshServer }): SshomeServer {
  const { config, log, store, passwords, hostKeys, ssh } = parts;
  const { address, port, family } = ssh.address;
  const host = family === 'IPv6' ? `[${address}]` : address;
  let stopping: Promise<void> | undefined;
  log.info('listening', { address, port });

  const stop = async (): Promise<void> => {
    log.info('stopping', { sessions: ssh.sessions().length });
    await ssh.stop(config.graceMs);
    store.close();
    await passwords.close();
    log.info('stopped');
    await log.close();
  };
  return {
    host: address,
    port,
    url: `ssh://${host}:${port}`,
    exampleUser: store.accounts[0]?.user ?? 'user',
    fingerprints: hostKeys.map((key) => key.fingerprint),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function asStartError(error: unknown, { host, port, homes }: Config): unknown {
  if (error instanceof CredentialsError) return new StartError(error.reasons);
  if (error instanceof HostKeyError) return new StartError([error.message]);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'mkdir') return new StartError([`${homes}: this folder for the homes can't be made (${code})`]);
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return new StartError([`${host}:${port} can't be listened on: ${listenTrouble(code)}`]);
  }
  return error;
}

function listenTrouble(code: string | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there already; stop it, or choose another with --port';
    case 'EACCES':
      return 'this user may not use that port; choose one above 1023 with --port';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; --host 0.0.0.0 listens on all it has';
    case 'ENOTFOUND':
      return 'there is no such host name';
    default:
      return code ?? 'unknown error';
  }
}
