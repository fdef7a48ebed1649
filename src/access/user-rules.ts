// What holds for one user: what the rules say of the user, and where they say nothing, what they say of everybody.

import type { Rules, UserRules } from '../model/rules.ts';

const NOTHING: UserRules = {
  roles: [],
  quota: { bytes: undefined, files: undefined },
  maxSessions: undefined,
  maxUploadBytes: undefined,
  uploadBytesPerSecond: undefined,
  downloadBytesPerSecond: undefined,
  networks: '',
  methods: [],
  expiresMs: undefined,
  hours: [],
};

export function userRules(rules: Rules, user: string): UserRules {
  return { ...NOTHING, ...rules.users.get('*'), ...rules.users.get(user) };
}
