// The composition root: settings in, a running server out. The only file that knows all the parts.

import { join } from 'node:path';
import { type Limits, limitsFrom, NO_RULES } from './access/limits.ts';
import { ownerPolicy } from './access/policy.ts';
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
import { BecomeUserError, becomeUser } from './config/run-as.ts';
import type { Config } from './config/schema.ts';
import { SettingError } from './config/setting.ts';
import { readUploadModes } from './config/upload-modes.ts';
import { listenForControl } from './control/listen.ts';
import type { QuotaScan } from './control/request.ts';
import { createLog, type ServerLog } from './log/log.ts';
import type { OwnAccount, SessionInfo } from './model/account.ts';
import { isLoopback } from './model/address.ts';
import type { AlgorithmLists } from './model/algorithms.ts';
import { isFileError } from './model/error.ts';
import type { Identity, Origin } from './model/identity.ts';
import type { RulesSource } from './model/rules.ts';
import { type Tree, treeName } from './model/usage.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { createPaces, type Paces, type SessionPace } from './operations/paces.ts';
import { effectiveAlgorithms, keyTypeOf } from './sshd/algorithms.ts';
import type { Backend, UserSession } from './sshd/backend.ts';
import { type HostKey, HostKeyError, loadHostKeys, loadNextHostKeys } from './sshd/host-key.ts';
import { listen, type SshServer } from './sshd/listener.ts';
import { nativeCiphers } from './sshd/ssh2-internals.ts';
import { chooseJail, type JailKind, openDeepJail } from './storage/choose-jail.ts';
import { makeHomesDirectory, openHomeJail } from './storage/home.ts';
import { type Homes, openHomes } from './storage/homes.ts';
import { openQuotas, type Quotas } from './storage/quotas.ts';
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
  /** Logs an error that nobody caught, whole, under a new id. */
  reportUncaught(error: unknown): void;
  /** Stops accepting, lets transfers finish for the grace time, then ends everything. Further calls wait for the first. */
  stop(): Promise<void>;
}

/**
 * Starts a server. `quiet` leaves standard error alone: log lines go to the log file, if there is one. `rules` are what
 * limits its users.
 *
 * @throws StartError when settings, users or keys don't allow a start.
 */
export async function startServer(
  config: Config,
  { quiet = false, rules = NO_RULES }: { readonly quiet?: boolean; readonly rules?: RulesSource } = {},
): Promise<SshomeServer> {
  const log = createLog({
    quiet,
    level: config.logLevel,
    file: config.logFile,
    maxFileBytes: config.logFileBytes,
    maxFiles: config.logFiles,
  });
  try {
    return await start(config, log, rules);
  } catch (error) {
    await log.close();
    throw asStartError(error, config);
  }
}

/** What such a server offers in a key exchange on this host, best first. @throws SettingError when nothing is left of a list */
export function offeredAlgorithms(config: Config): AlgorithmLists {
  return effectiveAlgorithms(algorithmsOf(config));
}

/** What was opened on the way to a running server, to be closed in the opposite order. */
type Closers = Array<() => Promise<void> | void>;

async function start(config: Config, log: ServerLog, rules: RulesSource): Promise<SshomeServer> {
  const closers: Closers = [];
  try {
    return await open({ config, log, rules, closers });
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

async function open(by: {
  config: Config;
  log: ServerLog;
  rules: RulesSource;
  closers: Closers;
}): Promise<SshomeServer> {
  const { config, log, rules, closers } = by;
  warnOfHost(log, config);
  const passwords = new PasswordPool();
  closers.push(() => passwords.close());
  const store = await openAccountStore({ file: config.credentials, log });
  closers.push(() => store.close());
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
  let sessions: SshServer['sessions'] = () => [];
  const limits = limitsFrom({ rules, users: () => store.accounts.map(({ user }) => user) });
  const jail = chooseJailOf(log);
  const quotas = openQuotasOf({ config, log, limits, jail });
  closers.push(() => quotas.close());
  closers.push(rules.onChange(() => quotas.limitsChanged()));
  const homes = openHomesOf({ config, log, limits, quotas, jail });
  closers.push(() => homes.close());
  const paces = pacesOf(limits);
  const backend = await createBackend({
    config,
    log,
    store,
    passwords,
    turnstile,
    homes,
    paces,
    sessions: () => sessions(),
  });
  const { host, port } = config;
  const ssh = await listen({ host, port, hostKeys, nextHostKeys, algorithms, backend, limits: config });
  closers.push(() => ssh.stop(config.graceMs));
  sessions = ssh.sessions;
  if (config.runAs !== '') {
    const { runAs, logFile } = config;
    const belongings = [config.homes, state, join(state, 'penalties.json'), usageFolderIn(state)];
    await becomeUser(runAs, [...belongings, ...(logFile === '' ? [] : [logFile])]);
  }
  homes.startSweeping();
  store.onChange(({ removed, locked }) => {
    for (const user of removed) ssh.endUser(user, 'the account was removed');
    for (const user of locked) ssh.endUser(user, 'the account was locked');
  });
  const control = await listenForControl({
    folder: state,
    log,
    handlers: {
      'ban list': () => turnstile.list(),
      'ban remove': ({ source }) => turnstile.remove(source),
      'session list': () => ssh.sessions(),
      'quota show': () => quotas.show(),
      'quota scan': ({ tree }) => scan(tree, { quotas, limits }),
    },
  });
  closers.push(() => control.close());
  return running({ config, log, store, hostKeys, ssh, closers });
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

function chooseJailOf(log: ServerLog): JailKind {
  const jail = chooseJail();
  if (jail === 'portable') {
    log.warn('this host has no /proc: homes are guarded by a weaker jail, for development only');
  }
  return jail;
}

/** Where the server keeps over a restart what is in the trees. */
function usageFolderIn(state: string): string {
  return join(state, 'usage');
}

interface LimitedParts {
  readonly config: Config;
  readonly log: ServerLog;
  readonly limits: Limits;
  readonly jail: JailKind;
}

function openQuotasOf({ config, log, limits, jail }: LimitedParts): Quotas {
  const { homes: homesDirectory, walk: walkMode, state } = config;
  return openQuotas({
    quotaOf: limits.ofTree,
    trees: limits.trees,
    openTree: async (tree) =>
      tree.startsWith('home:')
        ? openHomeJail({ homesDirectory, user: tree.slice('home:'.length), jail, walkMode })
        : undefined,
    openDeep: (host) => openDeepJail(jail, host, walkMode),
    folder: usageFolderIn(state),
    log,
  });
}

/** Answers `quota scan`. */
async function scan(tree: Tree, { quotas, limits }: { quotas: Quotas; limits: Limits }): Promise<QuotaScan> {
  if (![...limits.trees()].includes(tree)) return { problem: `there is no ${treeName(tree)}` };
  try {
    return { used: await quotas.scan(tree) };
  } catch (error) {
    if (isFileError(error)) return { problem: error.message };
    throw error;
  }
}

function pacesOf(limits: Limits): Paces {
  return createPaces({
    ratesOf: (user) => {
      const { uploadBytesPerSecond, downloadBytesPerSecond } = limits.ofUser(user);
      return { upload: uploadBytesPerSecond, download: downloadBytesPerSecond };
    },
  });
}

function openHomesOf({ config, log, limits, quotas, jail }: LimitedParts & { quotas: Quotas }): Homes {
  const modes = readUploadModes(config.uploadFor);
  const uploads = (user: string): UploadPolicy => ({
    mode: modes.get(user) ?? config.upload,
    sync: config.fsync,
    keepMs: config.uploadKeepMs,
  });
  const isAnyAtomic = config.upload === 'atomic' || [...modes.values()].includes('atomic');
  // In place nobody goes on with what was cut off, but where there is a quota, a killed server may have left some.
  const keepMs = (user: string): number => (uploads(user).mode === 'atomic' ? config.uploadKeepMs : 0);
  return openHomes({
    directory: config.homes,
    jail,
    walkMode: config.walk,
    uploads,
    meters: quotas,
    maxFileBytes: (user) => limits.ofUser(user).maxUploadBytes ?? Number.POSITIVE_INFINITY,
    sweeping: () => (isAnyAtomic || quotas.isAny ? keepMs : undefined),
    log,
  });
}

interface Parts {
  readonly homes: Homes;
  readonly config: Config;
  readonly log: ServerLog;
  readonly store: AccountStore;
  readonly passwords: PasswordPool;
  readonly turnstile: Turnstile;
  readonly paces: Paces;
}

async function createBackend(parts: Parts & { readonly sessions: () => SessionInfo[] }): Promise<Backend> {
  const { config, log, store, passwords, turnstile, homes, paces, sessions } = parts;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const anyPassword = await createAuthenticator({ store, keys, passwords, log });
  const authenticator = isLoopback(config.host) ? anyPassword : withoutSamples(anyPassword, log);
  const operations = createOperations({ policy: ownerPolicy, audit: log.audit });
  return {
    authenticator,
    openSession: async (identity, origin) => {
      // Removed or locked since the login was decided: nothing has ended this connection yet.
      if (store.find(identity.user)?.locked !== false) throw new Error('the account was taken away during the login');
      return openSession({
        operations,
        identity,
        origin,
        storage: await homes.open(identity.user),
        pace: paces.enter(identity.user),
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
  identity: Identity;
  origin: Origin;
  storage: Storage;
  pace: SessionPace;
  account: OwnAccount;
}): UserSession {
  const { operations, identity, origin, storage, pace, account } = by;
  let openFiles = 0;
  const onOpenFiles = (change: number): void => {
    openFiles += change;
  };
  return {
    files: (face, signal) => operations.as({ identity, origin, face, storage, onOpenFiles, pace: pace.until(signal) }),
    account,
    get openFiles() {
      return openFiles;
    },
    close: () => {
      storage.close();
      pace.leave();
    },
  };
}

function running(parts: {
  config: Config;
  log: ServerLog;
  store: AccountStore;
  hostKeys: readonly HostKey[];
  ssh: SshServer;
  closers: Closers;
}): SshomeServer {
  const { log, store, hostKeys, ssh, closers } = parts;
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
