// How what a server has one of is carried to its workers: a row for each object of shared.ts, and for the rest that the
// primary and a worker ask each other.

import type { Account } from '../accounts/account.ts';
import { Argon2MissingError } from '../accounts/password.ts';
import { OverloadedError, type Passwords } from '../accounts/password-pool.ts';
import type { Contract } from '../cluster/contract.ts';
import type { LiveValueName } from '../cluster/live-value.ts';
import type { ServerConfig } from '../config/load.ts';
import type { LogRecord } from '../log/records.ts';
import {
  AdministrationError,
  type BanAdministration,
  type QuotaAdministration,
  type SessionAdministration,
} from '../model/administration.ts';
import type { Rules } from '../model/rules.ts';
import type { UserPlaces } from '../sshd/user-places.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';
import type { HostKeys } from './host-keys.ts';
import type { OwnSessions } from './serving.ts';
import type { Shared } from './shared.ts';

export const ADMISSION: Contract<Shared['admission']> = { name: 'admission', methods: { arrive: 'lease' } };

export const PLACES: Contract<UserPlaces> = { name: 'places', methods: { enter: 'lease', hasRoom: 'ask' } };

export const TURNSTILE: Contract<Shared['turnstile']> = { name: 'turnstile', methods: { punish: 'tell' } };

export const UPLOADS: Contract<ActiveUploads> = { name: 'uploads', methods: { add: 'lease', has: 'ask' } };

export const PASSWORDS: Contract<Passwords> = {
  name: 'passwords',
  methods: { hash: 'ask', verify: 'ask' },
  errors: [OverloadedError, Argon2MissingError],
};

export const ACCOUNTS: LiveValueName<readonly Account[]> = { name: 'accounts' };

export const RULES: LiveValueName<Rules> = { name: 'rules' };

export const CREDENTIALS: Contract<Pick<Shared['accounts'], 'reload'>> = {
  name: 'credentials',
  methods: { reload: 'ask' },
};

export const RULES_FILE: Contract<Pick<Shared, 'reloadRules'>> = {
  name: 'rules file',
  methods: { reloadRules: 'ask' },
};

/** All live sessions, and those of one worker. */
export const SESSIONS: Contract<SessionAdministration> = { name: 'sessions', methods: { list: 'ask', end: 'ask' } };
export const OWN_SESSIONS: Contract<OwnSessions> = { name: 'own sessions', methods: { sessions: 'ask', end: 'ask' } };

export const BANS: Contract<BanAdministration> = {
  name: 'bans',
  methods: { list: 'ask', add: 'ask', remove: 'ask' },
  errors: [AdministrationError],
};

export const QUOTAS: Contract<QuotaAdministration> = {
  name: 'quotas',
  methods: { show: 'ask', scan: 'ask' },
  errors: [AdministrationError],
};

/** Where a worker's log goes. */
export const LOG: Contract<{ write(records: readonly LogRecord[]): Promise<void> }> = {
  name: 'log',
  methods: { write: 'ask' },
};

/** What a worker is told once, when it begins. */
export interface Introduction {
  readonly config: ServerConfig;
  readonly keys: HostKeys;
  readonly standInKey: Uint8Array;
  /** How many workers there are. */
  readonly workers: number;
}

export const INTRODUCTION: Contract<{ introduce(): Promise<Introduction> }> = {
  name: 'introduction',
  methods: { introduce: 'ask' },
};
