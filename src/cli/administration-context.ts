// What the verbs work on when they are run on the command line: the files of a server, named by the same settings that it
// has, and the running server itself, if there is one.

import { userInfo } from 'node:os';
import { createAccountEditor } from '../accounts/account-editor.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { PasswordPool } from '../accounts/password-pool.ts';
import { createVerbs } from '../administration/administer.ts';
import { createRulesEditor } from '../administration/rules-editor.ts';
import { parseConfig } from '../config/config-file.ts';
import { loadSome } from '../config/load.ts';
import { askServer, ControlError } from '../control/ask.ts';
import { liveServer } from '../control/live-server.ts';
import { appendAudit } from '../log/append-audit.ts';
import type { Administrator, VerbCall, VerbResult } from '../model/administration.ts';
import type { AdminEvent, AuditEvent } from '../model/event.ts';
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
    accounts: createAccountEditor({
      file: places.credentials,
      keys: new AuthorizedKeys({ folder: authorizedKeysFolder(places.credentials), log: stderrLog }),
      hash: hashOnce,
      warn: stderrLog.warn,
    }),
    rules: createRulesEditor({ file: places.file, label: places.file, readRules: parseConfig }),
    logFile: places.logFile,
    live: liveServer(places.state),
    audit: (event) => events.push(event),
    hidden: undefined,
    // The server follows the files.
    settle: async () => undefined,
  });
  const administrator: Administrator = { face: 'cli', hostAccount: hostAccount() };
  try {
    return await verbs.run({ name, call, administrator, permit: () => undefined });
  } finally {
    for (const event of events) await record(event as AdminEvent, places);
  }
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

/** In the log of the running server; of one that does not run, in its file. */
async function record(event: AdminEvent, { state, logFile }: { state: string; logFile: string }): Promise<void> {
  try {
    await askServer(state, { verb: 'record', event });
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    if (!error.noServer) return stderrLog.warn(`this is not in the audit log: ${error.message}`);
    if (logFile === '') return;
    await appendAudit(logFile, event).catch((failure: NodeJS.ErrnoException) => {
      stderrLog.warn(`this is not in the audit log: ${failure.message}`);
    });
  }
}
