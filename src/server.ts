// The composition root: settings in, a running server out. The only file that knows all the parts.

import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { limitsFrom } from './access/limits.ts';
import { maxSessionsOf } from './access/login.ts';
import { openAccountStore } from './accounts/account-store.ts';
import { AuthorizedKeys, authorizedKeysFolder } from './accounts/authorized-keys.ts';
import { loginRecordsToGive } from './accounts/login-records.ts';
import { PasswordPool } from './accounts/password-pool.ts';
import { openTurnstile } from './accounts/turnstile.ts';
import { algorithmsOf } from './config/algorithm-settings.ts';
import type { ServerConfig } from './config/load.ts';
import { openRules } from './config/rules-source.ts';
import { becomeUser } from './config/run-as.ts';
import type { Config } from './config/schema.ts';
import { controlHandlers } from './control/handlers.ts';
import { controlSocketIn } from './control/request.ts';
import { createLog, type ServerLog } from './log/log.ts';
import type { Administration } from './model/administration.ts';
import type { AlgorithmLists } from './model/algorithms.ts';
import type { RulesSource } from './model/rules.ts';
import { refuseSamplePasswords, warnOfHost } from './server/before-start.ts';
import { type Closers, closeAll } from './server/closers.ts';
import { openHomesOf } from './server/homes.ts';
import { type HostKeys, openHostKeys } from './server/host-keys.ts';
import { liveServerOf } from './server/live.ts';
import { type ServingByWorkers, serveByWorkers } from './server/primary.ts';
import { administrationOf, openPaces, openQuotasOf, usageFolderIn } from './server/quotas.ts';
import { type Serving, serveHere } from './server/serving.ts';
import type { Shared } from './server/shared.ts';
import { asStartError, StartError } from './server/start-error.ts';
import { takeStateFolder } from './server/state-folder.ts';
import { createServerVerbs, libraryAdministration } from './server/verbs.ts';
import { type Acceptor, accept } from './sshd/acceptor.ts';
import { Admission } from './sshd/admission.ts';
import { effectiveAlgorithms } from './sshd/algorithms.ts';
import { createUserPlaces } from './sshd/user-places.ts';
import { createActiveUploads } from './storage/active-uploads.ts';
import { chooseJail } from './storage/choose-jail.ts';
import { makeHomesDirectory } from './storage/home.ts';

export { StartError };

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

/** A server that has this process for itself. */
export interface SshomeProgram extends SshomeServer {
  /** Resolves to a sentence when the server can't go on; it is to be stopped then. */
  readonly failure: Promise<string>;
}

export interface StartOptions {
  /** Leaves standard error alone: log lines go to the log file, if there is one. */
  readonly quiet?: boolean;
  /** Who may do what, instead of what the file of the settings says. */
  readonly rules?: RulesSource;
}

/**
 * Starts a server, in this process.
 *
 * @throws StartError when settings, users or keys don't allow a start.
 */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<SshomeServer> {
  if (workerCount(config) > 1) {
    throw new StartError([
      `workers: ${config.workers} needs a process that does nothing else; serve with 1 here, ` +
        'or start the program: sshome serve --workers N',
    ]);
  }
  return startProgram(config, options);
}

/** The same for a program that does nothing else: its server may have workers. @throws StartError */
export async function startProgram(
  config: ServerConfig,
  { quiet = false, rules }: StartOptions = {},
): Promise<SshomeProgram> {
  let log: ServerLog | undefined;
  try {
    log = createLog({
      quiet,
      level: config.logLevel,
      file: config.logFile,
      maxFileBytes: config.logFileBytes,
      maxFiles: config.logFiles,
    });
    return await start(config, { log, rules });
  } catch (error) {
    await log?.close();
    throw asStartError(error, config);
  }
}

/** What such a server offers in a key exchange on this host, best first. @throws SettingError when nothing is left of a list */
export function offeredAlgorithms(config: Config): AlgorithmLists {
  return effectiveAlgorithms(algorithmsOf(config));
}

function workerCount({ workers }: Config): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

async function start(config: ServerConfig, given: Given): Promise<SshomeProgram> {
  const closers: Closers = [];
  try {
    return await open(config, given, closers);
  } catch (error) {
    // Why it could not start says more than what could not be closed after that.
    await closeAll(closers).catch((second: unknown) => void given.log.unexpected(second, 'ending a start that failed'));
    throw error;
  }
}

/** What a start is handed beside the settings. */
interface Given {
  readonly log: ServerLog;
  readonly rules: RulesSource | undefined;
}

async function open(config: ServerConfig, given: Given, closers: Closers): Promise<SshomeProgram> {
  const { log } = given;
  warnOfHost(log, config);
  const passwords = new PasswordPool();
  closers.push(() => passwords.close());
  const accounts = await openAccountStore({ file: config.credentials, log });
  closers.push(() => accounts.close());
  const { rules, reloadRules } = await followRules(config, given, closers);
  await refuseSamplePasswords(config.host, accounts, passwords);
  const keys = await openHostKeys(config, log);
  await makeHomesDirectory(config.homes);
  const { penalties: settings, penaltyExempt: exempt, state } = config;
  // Left after all who write there have ended.
  const control = await takeStateFolder({ folder: state, log });
  closers.push(() => control.close());
  const turnstile = await openTurnstile({ settings, exempt, state, log });
  closers.push(() => turnstile.close());
  const uploads = createActiveUploads();
  const limits = limitsFrom({ rules, users: () => accounts.accounts.map(({ user }) => user) });
  const jail = chooseJail();
  const quotas = openQuotasOf({ config, limits, jail, log });
  closers.push(() => quotas.close());
  closers.push(rules.onChange(() => quotas.limitsChanged()));
  const homes = openHomesOf({
    config,
    rules,
    limits,
    meters: quotas,
    isAnyLimited: () => quotas.isAny,
    uploads,
    jail,
    log,
  });
  closers.push(() => homes.close());
  const { host, port, maxConnections } = config;
  const acceptor = await accept({ host, port, maxConnections, log });
  closers.push(() => acceptor.close());
  if (config.runAs !== '') {
    const { runAs, logFile } = config;
    const logins = await loginRecordsToGive(config.credentials);
    await becomeUser(runAs, {
      belongings: [
        config.homes,
        config.folders,
        state,
        usageFolderIn(state),
        logins.folder,
        ...(logFile === '' ? [] : [logFile]),
      ],
      inside: [join(state, 'penalties.json'), controlSocketIn(state), ...logins.files],
      followed: [config.credentials, config.file, authorizedKeysFolder(config.credentials)],
    });
  }
  homes.startSweeping();
  let serving: Serving | undefined;
  const live = liveServerOf({
    config,
    turnstile,
    quotas: administrationOf({ quotas, limits }),
    serving: () => serving,
  });
  await control.answer(
    controlHandlers({
      live,
      logFile: config.logFile === '' ? '' : resolve(config.logFile),
      audit: log.audit,
    }),
  );
  // After what serves, which may wait for its last transfers.
  closers.push(() => control.endAnswers());
  const shared: Shared = {
    accounts,
    rules,
    standInKey: randomBytes(32),
    passwords,
    turnstile,
    admission: new Admission({ limits: config, isTurnedAway: (address) => turnstile.isEnforced(address) }),
    places: createUserPlaces({
      maxOf: (user) => Math.min(config.maxSessionsPerUser, maxSessionsOf(rules.now, user) ?? Number.POSITIVE_INFINITY),
    }),
    uploads,
    live,
    reloadRules,
  };
  const count = workerCount(config);
  const paces = openPaces(limits);
  const workers = count > 1 ? await serveByWorkers({ count, config, log, keys, quotas, paces, shared }) : undefined;
  const server = workers ?? (await serveHere({ config, log, keys, homes, paces, shared }));
  serving = server;
  closers.push(() => {
    acceptor.close();
    return server.stop(config.graceMs);
  });
  acceptor.begin(server.take);
  const keysOfUsers = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const administration = libraryAdministration(createServerVerbs({ config, log, shared, keys: keysOfUsers }));
  const exampleUser = accounts.accounts[0]?.user ?? 'user';
  return {
    ...running({ log, exampleUser, keys, acceptor, administration, live, closers }),
    failure: failureOf(workers),
  };
}

/** One process fails by ending, which needs no words. */
function failureOf(workers: ServingByWorkers | undefined): Promise<string> {
  return new Promise((resolve) => {
    workers?.running.catch((error: unknown) => resolve(error instanceof Error ? error.message : String(error)));
  });
}

/** The rules that the server goes by, and how their file is read again: there is none of those that were handed over. */
async function followRules(
  config: ServerConfig,
  { log, rules: given }: Given,
  closers: Closers,
): Promise<{ rules: RulesSource; reloadRules: () => Promise<void> }> {
  if (given !== undefined) return { rules: given, reloadRules: async () => undefined };
  const { file } = config;
  const rules = await openRules({ file, log });
  closers.push(() => rules.close());
  return { rules, reloadRules: () => rules.reload() };
}

function running(parts: {
  log: ServerLog;
  exampleUser: string;
  keys: HostKeys;
  acceptor: Acceptor;
  administration: Administration;
  live: Shared['live'];
  closers: Closers;
}): SshomeServer {
  const { log, exampleUser, keys, acceptor, administration, live, closers } = parts;
  const { address, port, family } = acceptor.address;
  const host = family === 'IPv6' ? `[${address}]` : address;
  let stopping: Promise<void> | undefined;
  log.info('listening', { address, port });

  const stop = async (): Promise<void> => {
    log.info('stopping', { sessions: (await live.sessions.list()).length });
    try {
      await closeAll(closers);
      log.info('stopped');
    } finally {
      await log.close();
    }
  };
  return {
    host: address,
    port,
    url: `ssh://${host}:${port}`,
    exampleUser,
    fingerprints: keys.hostKeys.map((key) => key.fingerprint),
    administration,
    reportUncaught: (error) => void log.unexpected(error, 'doing what nobody waited for'),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
