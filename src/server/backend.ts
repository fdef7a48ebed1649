// What the SSH server needs of the rest, put together: who may log in, and what a session of theirs works with.

import { ownerPolicy } from '../access/policy.ts';
import { createAuthenticator } from '../accounts/authenticate.ts';
import { AuthorizedKeys, authorizedKeysFolder } from '../accounts/authorized-keys.ts';
import { createOwnAccount } from '../accounts/own-account.ts';
import { withoutSamples } from '../accounts/without-samples.ts';
import type { Config } from '../config/schema.ts';
import type { AuditingLog } from '../log/records.ts';
import type { OwnAccount } from '../model/account.ts';
import { isLoopback } from '../model/address.ts';
import type { Identity, Origin } from '../model/identity.ts';
import { createOperations, type Operations } from '../operations/operations.ts';
import type { Backend, UserSession } from '../sshd/backend.ts';
import type { Homes } from '../storage/homes.ts';
import type { Storage } from '../storage/storage.ts';
import type { Shared } from './shared.ts';

export interface BackendParts {
  readonly homes: Homes;
  readonly config: Config;
  readonly log: AuditingLog;
  readonly shared: Shared;
}

export async function createBackend(parts: BackendParts): Promise<Backend> {
  const { config, log, homes, shared } = parts;
  const { accounts: store, passwords, standInKey } = shared;
  const keys = new AuthorizedKeys({ folder: authorizedKeysFolder(config.credentials), log });
  const anyPassword = await createAuthenticator({ store, keys, passwords, standInKey, log });
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
    sessions: async ({ user }) => (await shared.sessions()).filter((session) => session.user === user),
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
