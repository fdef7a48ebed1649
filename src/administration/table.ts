// All verbs, in the order in which they are listed.

import type { Verb } from './verb.ts';
import { AUDIT_VERBS } from './verbs/audit.ts';
import { BAN_VERBS } from './verbs/ban.ts';
import { FOLDER_VERBS } from './verbs/folder.ts';
import { GROUP_VERBS } from './verbs/group.ts';
import { QUOTA_VERBS } from './verbs/quota.ts';
import { ROLE_VERBS } from './verbs/role.ts';
import { SESSION_VERBS } from './verbs/session.ts';
import { USER_VERBS } from './verbs/user.ts';
import { USER_KEY_VERBS } from './verbs/user-key.ts';
import { USER_RULES_VERBS } from './verbs/user-rules.ts';
import { USER_TOTP_VERBS } from './verbs/user-totp.ts';

export const VERBS: readonly Verb[] = [
  ...USER_VERBS,
  ...USER_RULES_VERBS,
  ...USER_KEY_VERBS,
  ...USER_TOTP_VERBS,
  ...GROUP_VERBS,
  ...ROLE_VERBS,
  ...FOLDER_VERBS,
  ...SESSION_VERBS,
  ...BAN_VERBS,
  ...QUOTA_VERBS,
  ...AUDIT_VERBS,
];
