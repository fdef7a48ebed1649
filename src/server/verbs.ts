// The verbs of administration of a running server, for whichever of its processes they are called in: files are edited
// there, and what there is one of is asked.

import { basename } from 'node:path';
import { createAccountEditor } from '../accounts/account-editor.ts';
import type { AuthorizedKeys } from '../accounts/authorized-keys.ts';
import { LoginRecords, loginRecordsFolder } from '../accounts/login-records.ts';
import { createVerbs } from '../administration/administer.ts';
import { createRulesEditor } from '../administration/rules-editor.ts';
import { parseConfig } from '../config/config-file.ts';
import type { ServerConfig } from '../config/load.ts';
import type { AuditingLog } from '../log/records.ts';
import type { Administration, Verbs } from '../model/administration.ts';
import type { Shared } from './shared.ts';

export function createServerVerbs({
  config,
  log,
  shared,
  keys,
}: {
  readonly config: Pick<ServerConfig, 'credentials' | 'file' | 'logFile'>;
  readonly log: AuditingLog;
  readonly shared: Pick<Shared, 'accounts' | 'rules' | 'reloadRules' | 'passwords' | 'live'>;
  readonly keys: AuthorizedKeys;
}): Verbs {
  const { accounts, rules, reloadRules, passwords, live } = shared;
  return createVerbs({
    accounts: createAccountEditor({
      file: config.credentials,
      keys,
      records: new LoginRecords({ folder: loginRecordsFolder(config.credentials), log }),
      hash: (password) => passwords.hash(password),
      passwordRules: () => rules.now.passwords,
      // The store, which reads the same file, has warned already.
      warn: () => undefined,
    }),
    rules: createRulesEditor({ file: config.file, label: basename(config.file), readRules: parseConfig }),
    logFile: async () => config.logFile,
    live,
    audit: log.audit,
    hidden: [config.credentials, config.file],
    settle: async () => {
      await accounts.reload();
      await reloadRules();
    },
  });
}

/** The verbs for the program that the server is a part of, which may do everything. */
export function libraryAdministration(verbs: Verbs): Administration {
  return {
    verbs: verbs.syntax,
    isAllowed: () => true,
    run: (name, call = {}) => verbs.run({ name, call, administrator: { face: 'library' }, permit: () => undefined }),
  };
}
