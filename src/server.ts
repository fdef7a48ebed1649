// The composition root: settings in, a running server out. The only file that knows all the parts.

import { join } from 'node:path';
import { createPolicy } from './access/policy.ts';
import { type AccountStore, openAccountStore } from './accounts/account-store.ts';
import { createAuthenticator } from './accounts/authenticate.ts';
import { AuthorizedKeys, authorizedKeysFolder } from './accounts/authorized-keys.ts';
import { CredentialsError } from './accounts/load-credentials.ts';
import { createOwnAccount } from './accounts/own-account.ts';
import { PasswordPool } from './accounts/password-pool.ts';
import { findSampleUsers } from './accounts/sample-users.ts';
import { openTurnstile, type Turnstile } from './accounts/turnstile.ts';
import { withoutSamples } from './accounts/without-samples.ts';
import { algorithmsOf } from './config/algorithm-settings.ts';
import { ConfigError, type ServerConfig } from './config/load.ts';
import { openRules } from './config/rules-source.ts';
import { BecomeUserError, becomeUser } from './config/run-as.ts';
import type { Config } from './config/schema.ts';
import { SettingError } from './config/setting.ts';
import { readUploadModes } from './config/upload-modes.ts';
import { controlHandlers } from './control/handlers.ts';
import { listenForControl } from './control/listen.ts';
import { createLog, type ServerLog } from './log/log.ts';
import type { OpenFileInfo, OwnAccount, SessionInfo } from './model/account.ts';
import { isLoopback } from './model/address.ts';
import {
  type Administration,
  AdministrationError,
  type QuotaAdministration,
  type Verbs,
} from './model/administration.ts';
import type { AlgorithmLists } from './model/algorithms.ts';
import type { Identity, Origin } from './model/identity.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { createServerAdministration } from './server/administration.ts';
import { effectiveAlgorithms, keyTypeOf } from './sshd/algorithms.ts';
import type { Backend, UserSession } from './sshd/backend.ts';
import { type HostKey, HostKeyError, loadHostKeys, loadNextHostKeys } from './sshd/host-key.ts';
import { listen, type SshServer } from './sshd/listener.ts';
import { nativeCiphers } from './sshd/ssh2-internals.ts';
import { chooseJail } from './storage/choose-jail.ts';
import { makeHomesDirectory } from './storage/home.ts';
import { type Homes, openHomes } from './storage/homes.ts';
import type { Storage } from './storage/storage.ts';
import type { UploadPolicy } from './storage/upload-policy.ts';

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
  /** The verbs of `sshome user`, `sshome session` and so on, for this program: docs/administration.md. */
  readonly administration: Administration;
  /** Logs an error that nobody caught, whole, under a new id. */
  reportUncaught(error: unknown): void;
  /** Stops accepting, lets transfers finish for the grace time, then ends everything. Further calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Starts a server. `quiet` leaves standard error alone: log lines go to the log file, if there is one.
 *
 * @throws StartError when settings, users or keys don't allow a start.
 */
export async function startServer(
  config: ServerConfig,
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

/** What such a server offers in a key exchange on this host, best first. @throws SettingError when nothing is left of a list */
export function offeredAlgorithms(config: Config): AlgorithmLists {
  return effectiveAlgorithms(algorithmsOf(config));
}

/** Nothing is counted here. */
const NO_QUOTAS: QuotaAdministration = {
  show: async () => Promise.reject(new AdministrationError('this server counts no quotas')),
  scan: async () => Promise.reject(new AdministrationError('this server counts no quotas')),
};

/** What was opened on the way to a running server, to be closed in the opposite order. */
type Closers = Array<() => Promise<void> | void>;

async function start(config: ServerConfig, log: ServerLog): Promise<SshomeServer> {
  const closers: Closers = [];
  try {
    return await open(config, log, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

async function open(config: ServerConfig, log: ServerLog, closers: Closers): Promise<SshomeServer> {
  warnOfHost(log, config);
  const passwords = new PasswordPool();
  closers.push(() => passwords.close());
  const store = await openAccountStore({ file: config.credentials, log });
  closers.push(() => store.close());
  const rules = await openRules({ file: config.file, log });
  closers.push(() => rules.close());
  await refuseSamplePasswords(config.host, store, passwords);
  const algorithms = algorithmsOf(config);
  const keysAt = { directory: config.keys, types: algorithms.hostKeyAlgorithms.map(keyTypeOf) };
  const hostKeys = await loadHostKeys({
    ...keysAt,
    onMade: (key) => log.info('made a host key', { type: key.type, fingerprint: key.fingerprint }),
  });
  // At every start: this is what people compare the first time they connect.
  for (const { type, fingerprint } of hostKeys) log.info('host key', { type, fingerprint });
  const nextHostKeys = await loadNextHostKeys(keysAt);
  for (const { type, fingerprint } of nextHostKeys) log.info('next host key', { type, fingerprint });
  await makeHomesDirectory(config.homes);
  const { penalties: settings, penaltyExempt: exempt, state } = config;
  const turnstile = await openTurnstile({ settings, exempt, state, log });
  closers.push(() => turnstile.close());
  let listening: SshServer | undefined;
  const administration = createServerAdministration({
    config,
    log,
    store,
    rules,
    passwords,
    turnstile,
    quotas: NO_QUOTAS,
    ssh: () => listening,
  });
  const homes = openHomesOf(config, log);
  closers.push(() => homes.close());
  const operations = createOperations({ policy: createPolicy(rules), audit: log.audit });
  rules.onChange(() => {
    const revoked = operations.recheck();
    if (revoked > 0) log.info('closed what the rules no longer allow', { open: revoked });
  });
  const backend = await createBackend({
    config,
    log,
    store,
    operations,
    passwords,
    turnstile,
    homes,
    verbs: administration.verbs,
    sessions: () => listening?.sessions() ?? [],
  });
  const { host, port } = config;
  const ssh = await listen({ host, port, hostKeys, nextHostKeys, algorithms, backend, limits: config });
  closers.push(() => ssh.stop(config.graceMs));
  listening = ssh;
  if (config.runAs !== '') {
    const { runAs, logFile } = config;
    await becomeUser(runAs, [config.homes, state, join(state, 'penalties.json'), ...(logFile === '' ? [] : [logFile])]);
  }
  homes.startSweeping();
  store.onChange(({ removed, locked }) => {
    for (const user of removed) ssh.endUser(user, 'the account was removed');
    for (const user of locked) ssh.endUser(user, 'the account was locked');
  });
  const control = await listenForControl({
    folder: state,
    log,
    handlers: controlHandlers({ live: administration.live, audit: log.audit }),
  });
  closers.push(() => control.close());
  return running({ config, log, store, hostKeys, ssh, administration: administration.own, closers });
}

function warnOfHost(log: ServerLog, { runAs }: Config): void {
  if (!nativeCiphers) {
    log.warn(
      'the native ciphers of ssh2 are not built: transfers are slow and chacha20-poly1305 is not offered; ' +
        'with a C++ compiler installed, run: npm rebuild ssh2',
    );
  }
  if (process.getuid?.() === 0 && runAs === '') {
    log.warn('serving as root, for whom no file mode is a bar; start it as another user, or with --run-as USER');
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

function openHomesOf(config: Config, log: ServerLog): Homes {
  const jail = chooseJail();
  if (jail === 'portable') {
    log.warn('this host has no /proc: homes are guarded by a weaker jail, for development only');
  }
  const modes = readUploadModes(config.uploadFor);
  const uploads = (user: string): UploadPolicy => ({
    mode: modes.get(user) ?? config.upload,
    sync: config.fsync,
    keepMs: config.uploadKeepMs,
  });
  const isAnyAtomic = config.upload === 'atomic' || [...modes.values()].includes('atomic');
  const sweeping = { keepMs: isAnyAtomic ? config.uploadKeepMs : undefined };
  return openHomes({ directory: config.homes, jail, walkMode: config.walk, uploads, sweeping, log });
}

interface Parts {
  readonly homes: Homes;
  readonly config: Config;
  readonly log: ServerLog;
  readonly store: AccountStore;
  readonly operations: Operations;
  readonly passwords: PasswordPool;
  readonly turnstile: Turnstile;
  readonly verbs: Verbs;
}

async function createBackend(parts: Parts & { readonly sessions: () => SessionInfo[] }): Promise<Backend> {
  const { config, log, store, operations, passwords, turnstile, homes, verbs, sessions } = parts;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const anyPassword = await createAuthenticator({ store, keys, passwords, log });
  const authenticator = isLoopback(config.host) ? anyPassword : withoutSamples(anyPassword, log);
  return {
    authenticator,
    openSession: async (identity, origin) => {
      // Removed or locked since the login was decided: nothing has ended this connection yet.
      if (store.find(identity.user)?.locked !== false) throw new Error('the account was taken away during the login');
      return openSession({
        operations,
        verbs,
        identity,
        origin,
        storage: await homes.open(identity.user),
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
    turnstile,
    sftpLimits: { handles: config.maxHandles, requests: config.maxRequests },
    audit: log.audit,
    log,
  };
}

function openSession(by: {
  operations: Operations;
  verbs: Verbs;
  identity: Identity;
  origin: Origin;
  storage: Storage;
  account: OwnAccount;
}): UserSession {
  const { operations, verbs, identity, origin, storage, account } = by;
  const openFiles = new Set<OpenFileInfo>();
  return {
    files: (face) => operations.as({ identity, origin, face, storage, openFiles }),
    account,
    administration: (face) => operations.administration({ identity, origin, face, verbs }),
    openFiles,
    close: () => storage.close(),
  };
}

function running(parts: {
  config: Config;
  log: ServerLog;
  store: AccountStore;
  hostKeys: readonly HostKey[];
  ssh: SshServer;
  administration: Administration;
  closers: Closers;
}): SshomeServer {
  const { log, store, hostKeys, ssh, administration, closers } = parts;
  const { address, port, family } = ssh.address;
  const host = family === 'IPv6' ? `[${address}]` : address;
  let stopping: Promise<void> | undefined;
  log.info('listening', { address, port });

  const stop = async (): Promise<void> => {
    log.info('stopping', { sessions: ssh.sessions().length });
    await closeAll(closers);
    log.info('stopped');
    await log.close();
  };
  return {
    host: address,
    port,
    url: `ssh://${host}:${port}`,
    exampleUser: store.accounts[0]?.user ?? 'user',
    fingerprints: hostKeys.map((key) => key.fingerprint),
    administration,
    reportUncaught: (error) => void log.unexpected(error, 'doing what nobody waited for'),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function asStartError(error: unknown, { host, port, homes, state }: Config): unknown {
  if (error instanceof BecomeUserError) return new StartError([error.message]);
  if (error instanceof CredentialsError) return new StartError(error.reasons);
  if (error instanceof ConfigError) return new StartError(error.problems);
  if (error instanceof HostKeyError || error instanceof SettingError) return new StartError([error.message]);
  const { code, syscall, port: busyPort } = error as NodeJS.ErrnoException & { port?: number };
  if (syscall === 'listen' && busyPort === undefined) {
    return new StartError([`${state}: no control socket can be made in this folder (${code})`]);
  }
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
