// The administration of a running server: the verbs for those who come over SSH, the same for the program that the server is
// a part of, and the live things for the command line, which runs its verbs itself.

import { basename } from 'node:path';
import { createAccountEditor } from '../accounts/account-editor.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import type { Passwords } from '../accounts/password-pool.ts';
import type { Turnstile } from '../accounts/turnstile.ts';
import { createVerbs } from '../administration/administer.ts';
import { createRulesEditor } from '../administration/rules-editor.ts';
import { parseConfig } from '../config/config-file.ts';
import type { ServerConfig } from '../config/load.ts';
import type { Administration, LiveServer, QuotaAdministration, Verbs } from '../model/administration.ts';
import type { Audit } from '../model/event.ts';
import type { Log } from '../model/log.ts';
import type { SshServer } from '../sshd/listener.ts';

export interface ServerAdministration {
  readonly verbs: Verbs;
  readonly live: LiveServer;
  /** For the program itself, which may do everything. */
  readonly own: Administration;
}

export function createServerAdministration(parts: {
  readonly config: Pick<ServerConfig, 'credentials' | 'file' | 'logFile' | 'penaltyExempt'>;
  readonly log: Log & { readonly audit: Audit };
  readonly store: Pick<AccountStore, 'reload'>;
  readonly rules: { reload(): Promise<void> };
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly turnstile: Turnstile;
  readonly quotas: QuotaAdministration;
  /** Undefined until it listens. */
  readonly ssh: () => SshServer | undefined;
}): ServerAdministration {
  const { config, log, store, rules, passwords } = parts;
  const live = liveThings(parts);
  const verbs = createVerbs({
    accounts: createAccountEditor({
      file: config.credentials,
      keys: new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log }),
      hash: (password) => passwords.hash(password),
      // The store, which reads the same file, has warned already.
      warn: () => undefined,
    }),
    rules: createRulesEditor({ file: config.file, label: basename(config.file), readRules: parseConfig }),
    logFile: config.logFile,
    live,
    audit: log.audit,
    hidden: [config.credentials, config.file],
    settle: async () => {
      await store.reload();
      await rules.reload();
    },
  });
  const own: Administration = {
    verbs: verbs.syntax,
    isAllowed: () => true,
    run: (name, call = {}) => verbs.run({ name, call, administrator: { face: 'library' }, permit: () => undefined }),
  };
  return { verbs, live, own };
}

function liveThings({
  config,
  turnstile,
  quotas,
  ssh,
}: {
  readonly config: Pick<ServerConfig, 'penaltyExempt'>;
  readonly turnstile: Turnstile;
  readonly quotas: QuotaAdministration;
  readonly ssh: () => SshServer | undefined;
}): LiveServer {
  return {
    sessions: {
      list: async () => ssh()?.sessions() ?? [],
      end: async (sessionId, reason) => (ssh()?.end({ sessionId }, reason) ?? 0) > 0,
    },
    bans: {
      list: async () => turnstile.list(),
      add: async (request) => {
        const ban = turnstile.ban(request);
        ssh()?.end({ addresses: ban.source, except: config.penaltyExempt }, 'the source was banned');
        return ban;
      },
      remove: async (source) => turnstile.remove(source),
    },
    quotas,
  };
}
