// How what a server has one of is carried to its workers: a row for each object of shared.ts, and both ends of it.

import type { Account } from '../accounts/account.ts';
import { followAccounts, liveAccounts } from '../accounts/followed-accounts.ts';
import { Argon2MissingError } from '../accounts/password.ts';
import { OverloadedError, type Passwords } from '../accounts/password-pool.ts';
import type { Contract } from '../cluster/contract.ts';
import type { Link } from '../cluster/link.ts';
import { follow, type LiveValueName, publish } from '../cluster/live-value.ts';
import {
  AdministrationError,
  type BanAdministration,
  type QuotaAdministration,
  type SessionAdministration,
} from '../model/administration.ts';
import type { Rules } from '../model/rules.ts';
import type { UserPlaces } from '../sshd/user-places.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';
import type { Shared } from './shared.ts';

const ADMISSION: Contract<Shared['admission']> = { name: 'admission', methods: { arrive: 'lease' } };

const PLACES: Contract<UserPlaces> = { name: 'places', methods: { enter: 'lease', hasRoom: 'ask' } };

const TURNSTILE: Contract<Shared['turnstile']> = { name: 'turnstile', methods: { punish: 'tell' } };

const UPLOADS: Contract<ActiveUploads> = { name: 'uploads', methods: { add: 'lease', has: 'ask', reserve: 'lease' } };

const PASSWORDS: Contract<Passwords> = {
  name: 'passwords',
  methods: { hash: 'ask', verify: 'ask' },
  errors: [OverloadedError, Argon2MissingError],
};

const ACCOUNTS: LiveValueName<readonly Account[]> = { name: 'accounts' };

const RULES: LiveValueName<Rules> = { name: 'rules' };

const CREDENTIALS: Contract<Pick<Shared['accounts'], 'reload'>> = {
  name: 'credentials',
  methods: { reload: 'ask' },
};

const RULES_FILE: Contract<Pick<Shared, 'reloadRules'>> = {
  name: 'rules file',
  methods: { reloadRules: 'ask' },
};

const SESSIONS: Contract<SessionAdministration> = { name: 'sessions', methods: { list: 'ask', end: 'ask' } };

const BANS: Contract<BanAdministration> = {
  name: 'bans',
  methods: { list: 'ask', add: 'ask', remove: 'ask' },
  errors: [AdministrationError],
};

const QUOTAS: Contract<QuotaAdministration> = {
  name: 'quotas',
  methods: { show: 'ask', scan: 'ask' },
  errors: [AdministrationError],
};

/** In the primary: lets the worker use it. */
export function share(link: Link, shared: Shared): void {
  link.share(ADMISSION, shared.admission);
  link.share(PLACES, shared.places);
  link.share(TURNSTILE, shared.turnstile);
  link.share(UPLOADS, shared.uploads);
  link.share(PASSWORDS, shared.passwords);
  link.share(CREDENTIALS, shared.accounts);
  link.share(SESSIONS, shared.live.sessions);
  link.share(BANS, shared.live.bans);
  link.share(QUOTAS, shared.live.quotas);
  link.share(RULES_FILE, shared);
  publish(link, ACCOUNTS, liveAccounts(shared.accounts));
  publish(link, RULES, shared.rules);
}

/** In a worker. */
export async function sharedBy(link: Link, standInKey: Uint8Array): Promise<Shared> {
  return {
    accounts: followAccounts({ accounts: await follow(link, ACCOUNTS), ...link.remote(CREDENTIALS) }),
    rules: await follow(link, RULES),
    standInKey,
    passwords: link.remote(PASSWORDS),
    turnstile: link.remote(TURNSTILE),
    admission: link.remote(ADMISSION),
    places: link.remote(PLACES),
    uploads: link.remote(UPLOADS),
    live: { sessions: link.remote(SESSIONS), bans: link.remote(BANS), quotas: link.remote(QUOTAS) },
    ...link.remote(RULES_FILE),
  };
}
