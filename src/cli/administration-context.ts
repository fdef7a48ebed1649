// What the verbs work on when they are run on the command line: the files of a server, named by the same settings that it
// has, and the running server itself, if there is one.

import { userInfo } from 'node:os';
import { type AccountEditor, createAccountEditor } from '../accounts/account-editor.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { LoginRecords, loginRecordsFolder } from '../accounts/login-records.ts';
import { PasswordPool } from '../accounts/password-pool.ts';
import { createVerbs } from '../administration/administer.ts';
import { inWords } from '../administration/in-words.ts';
import { createRulesEditor } from '../administration/rules-editor.ts';
import { parseConfig, readConfigFile } from '../config/config-file.ts';
import { loadSome } from '../config/load.ts';
import { SETTINGS } from '../config/schema.ts';
import { askServer, ControlError } from '../control/ask.ts';
import { liveServer } from '../control/live-server.ts';
import { appendAudit } from '../log/append-audit.ts';
import { AdministrationError, type VerbCall, type VerbResult } from '../model/administration.ts';
import type { AdminEvent, AuditEvent } from '../model/event.ts';
import { printableShort } from '../model/printable.ts';
import { ANY_PASSWORD, type PasswordRules } from '../model/rules.ts';
import { InterruptedError } from './prompt.ts';
import { configSources } from './setting-flags.ts';
import { stderrLog } from './stderr-log.ts';

/** The settings that say where a server has its files. */
export const PLACES = ['credentials', 'state', 'logFile'] as const;

/** Runs one verb. @throws ConfigError, AdministrationError */
export async function runVerb(
  flags: Readonly<Record<string, unknown>>,
  name: string,
  call: VerbCall,
): Promise<VerbResult> {
  const places = await loadSome(configSources(flags), PLACES);
  const events: AuditEvent[] = [];
  const verbs = createVerbs({
    accounts: userFiles(places).accounts,
    rules: createRulesEditor({ file: places.file, label: places.file, readRules: parseConfig }),
    logFile: () => logFileOf(flags, places),
    live: liveServer(places.state),
    audit: (event) => events.push(event),
    hidden: undefined,
    // The server follows the files.
    settle: async () => undefined,
  });
  try {
    return await verbs.run({ name, call, administrator: administrator(), permit: () => undefined });
  } finally {
    for (const event of events) await record(event as AdminEvent, places);
  }
}

/** The files of the users, for what is no verb. */
export interface UserFiles {
  readonly accounts: AccountEditor;
  readonly records: LoginRecords;
}

/** Does what changes a user, and records it as a verb is recorded. @throws ConfigError, AdministrationError */
export async function changeUser(
  flags: Readonly<Record<string, unknown>>,
  { verb, user }: { readonly verb: string; readonly user: string },
  change: (files: UserFiles) => Promise<void>,
): Promise<void> {
  const places = await loadSome(configSources(flags), PLACES);
  const target = printableShort(user, 200);
  const told = (outcome: AdminEvent['outcome']): Promise<void> =>
    record({ event: 'admin.user', ...administrator(), verb, target, words: target, outcome }, places);
  try {
    await change(userFiles(places));
  } catch (error) {
    // Nothing was wanted any more, and nothing was done.
    if (error instanceof InterruptedError) throw error;
    const explained = inWords(error, undefined);
    await told(explained instanceof AdministrationError ? 'refused' : 'internal');
    throw explained;
  }
  await told('ok');
}

function userFiles({ credentials, file }: { credentials: string; file: string }): UserFiles {
  // What is wrong with a record ends the command, which says it then.
  const log = { ...stderrLog, error: () => undefined };
  const records = new LoginRecords({ folder: loginRecordsFolder(credentials), log });
  const accounts = createAccountEditor({
    file: credentials,
    keys: new AuthorizedKeys({ folder: authorizedKeysFolder(credentials), log: stderrLog }),
    records,
    hash: hashOnce,
    passwordRules: () => passwordRulesIn(file),
    warn: stderrLog.warn,
  });
  return { accounts, records };
}

/** What the file asks of new passwords. Without one, whoever may write the files of the server chooses freely. */
async function passwordRulesIn(file: string): Promise<PasswordRules> {
  return (await readConfigFile(file))?.rules.passwords ?? ANY_PASSWORD;
}

function administrator(): { readonly face: 'cli'; readonly hostAccount: string } {
  return { face: 'cli', hostAccount: hostAccount() };
}

async function hashOnce(password: string): Promise<string> {
  const pool = new PasswordPool({ threads: 1 });
  try {
    return await pool.hash(password);
  } finally {
    await pool.close();
  }
}

function hostAccount(): string {
  try {
    return userInfo().username;
  } catch {
    // An account that the host has no name for, as in a container.
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** Of the running server, which knows best: it may have been started with a flag. One that is named here counts before it. */
async function logFileOf(
  flags: Readonly<Record<string, unknown>>,
  { state, logFile }: { state: string; logFile: string },
): Promise<string> {
  if (flags[SETTINGS.logFile.name] !== undefined) return logFile;
  try {
    return await askServer(state, { verb: 'log file' });
  } catch (error) {
    // None runs, or this account may not ask it: the log may be there to be read all the same.
    if (!(error instanceof ControlError)) throw error;
    return logFile;
  }
}

/** In the log of the running server; of one that does not run, in its file. */
async function record(event: AdminEvent, { state, logFile }: { state: string; logFile: string }): Promise<void> {
  try {
    await askServer(state, { verb: 'record', event });
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    // One that has not answered may still write it down.
    if (!error.noServer) return stderrLog.warn(`this may be missing in the audit log: ${error.message}`);
    if (logFile === '') return;
    await appendAudit(logFile, event).catch((failure: NodeJS.ErrnoException) => {
      stderrLog.warn(`this is not in the audit log: ${failure.message}`);
    });
  }
}
