// How what a server has one of is carried to its workers: a row for each object of shared.ts, and for the rest that the
// primary and a worker ask each other.

import type { Account } from '../accounts/account.ts';
import { Argon2MissingError } from '../accounts/password.ts';
import { OverloadedError, type Passwords } from '../accounts/password-pool.ts';
import type { Contract } from '../cluster/contract.ts';
import type { LiveValueName } from '../cluster/live-value.ts';
import type { Config } from '../config/schema.ts';
import type { LogRecord } from '../log/records.ts';
import type { SessionInfo } from '../model/account.ts';
import type { Rules } from '../model/rules.ts';
import type { UserPlaces } from '../sshd/user-places.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';
import type { HostKeys } from './host-keys.ts';
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

/** All live sessions, and those of one worker. */
export const SESSIONS: Contract<Pick<Shared, 'sessions'>> = { name: 'sessions', methods: { sessions: 'ask' } };
export const OWN_SESSIONS: Contract<{ list(): Promise<readonly SessionInfo[]> }> = {
  name: 'own sessions',
  methods: { list: 'ask' },
};

/** Where a worker's log goes. */
export const LOG: Contract<{ write(records: readonly LogRecord[]): Promise<void> }> = {
  name: 'log',
  methods: { write: 'ask' },
};

/** What a worker is told once, when it begins. */
export interface Introduction {
  readonly config: Config;
  readonly keys: HostKeys;
  readonly standInKey: Uint8Array;
  /** How many workers there are. */
  readonly workers: number;
}

export const INTRODUCTION: Contract<{ introduce(): Promise<Introduction> }> = {
  name: 'introduction',
  methods: { introduce: 'ask' },
};
