// What the SSH server needs of the rest, put together: who may log in, and what a session of theirs works with.

import { judgeLogin } from '../access/login.ts';
import { createPolicy } from '../access/policy.ts';
import { createAuthenticator } from '../accounts/authenticate.ts';
import type { AuthorizedKeys } from '../accounts/authorized-keys.ts';
import { createLogins } from '../accounts/logins.ts';
import { withoutSamples } from '../accounts/without-samples.ts';
import type { ServerConfig } from '../config/load.ts';
import type { AuditingLog } from '../log/records.ts';
import type { OpenFileInfo, OwnAccount } from '../model/account.ts';
import { isLoopback } from '../model/address.ts';
import type { Verbs } from '../model/administration.ts';
import type { Identity, Origin } from '../model/identity.ts';
import { createOperations, type Operations } from '../operations/operations.ts';
import type { Paces, SessionPace } from '../operations/paces.ts';
import type { Backend, UserSession } from '../sshd/backend.ts';
import type { Homes } from '../storage/homes.ts';
import type { Storage } from '../storage/storage.ts';
import type { Shared } from './shared.ts';
import { createServerVerbs } from './verbs.ts';

export interface BackendParts {
  readonly homes: Homes;
  readonly paces: Paces;
  readonly config: ServerConfig;
  readonly log: AuditingLog;
  readonly shared: Shared;
  readonly keys: AuthorizedKeys;
}

export async function createBackend(parts: BackendParts): Promise<Backend> {
  const { config, log, homes, paces, shared, keys } = parts;
  const { accounts: store, passwords, rules, standInKey } = shared;
  const anyPassword = await createAuthenticator({ store, keys, passwords, standInKey, log });
  const authenticator = isLoopback(config.host) ? anyPassword : withoutSamples(anyPassword, log);
  const logins = createLogins({
    file: config.credentials,
    store,
    keys,
    passwords,
    authenticator,
    judge: (facts) => judgeLogin(rules.now, facts, new Date()),
    passwordRules: () => rules.now.passwords,
    hasRoom: shared.places.hasRoom,
    audit: log.audit,
    log,
  });
  const operations = createOperations({ policy: createPolicy(rules), audit: log.audit });
  rules.onChange(() => {
    const revoked = operations.recheck();
    if (revoked > 0) log.info('closed what the rules no longer allow', { open: revoked });
  });
  const verbs = createServerVerbs({ config, log, shared, keys });
  return {
    openLogin: logins.openLogin,
    openSession: async (identity, origin, signal) => {
      // Removed or locked since the login was decided: nothing has ended this connection yet.
      if (store.find(identity.user)?.locked !== false) throw new Error('the account was taken away during the login');
      return openSession({
        operations,
        verbs,
        identity,
        origin,
        storage: await homes.open(identity.user, signal),
        pace: paces.enter(identity.user),
        account: logins.ownAccount(identity, origin),
      });
    },
    sessions: async ({ user }) => (await shared.live.sessions.list()).filter((session) => session.user === user),
    admission: shared.admission,
    places: shared.places,
    turnstile: shared.turnstile,
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
  pace: SessionPace;
  account: OwnAccount;
}): UserSession {
  const { operations, verbs, identity, origin, storage, pace, account } = by;
  const openFiles = new Set<OpenFileInfo>();
  return {
    files: (face, signal) =>
      operations.as({ identity, origin, face, storage, openFiles, pace: pace.until(signal), signal }),
    account,
    administration: (face) => operations.administration({ identity, origin, face, verbs }),
    openFiles,
    close: () => {
      storage.close();
      pace.leave();
    },
  };
}
