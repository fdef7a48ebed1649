// What a server has one of, however many processes serve: so limits and penalties are those of the server, not of a part
// of it. Asked asynchronously and with plain data, because it may be in another process.

import type { Accounts } from '../accounts/followed-accounts.ts';
import type { Passwords } from '../accounts/password-pool.ts';
import type { Turnstile } from '../accounts/turnstile.ts';
import type { LiveServer } from '../model/administration.ts';
import type { RulesSource } from '../model/rules.ts';
import type { Admission } from '../sshd/admission.ts';
import type { UserPlaces } from '../sshd/user-places.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';

export interface Shared {
  readonly accounts: Accounts;
  readonly rules: RulesSource;
  /** See AuthenticatorOptions. */
  readonly standInKey: Uint8Array;
  readonly passwords: Passwords;
  readonly turnstile: Pick<Turnstile, 'punish'>;
  readonly admission: Pick<Admission, 'arrive'>;
  readonly places: UserPlaces;
  readonly uploads: ActiveUploads;
  /** All live sessions, and what else of the running server is administered. */
  readonly live: LiveServer;
  /** Has the file of the rules read, and what was found in it told, before it resolves. */
  reloadRules(): Promise<void>;
}
