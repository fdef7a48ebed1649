// The verbs on the second factor of a user. To make one is not among them: its secret is for the user's own eyes, who has
// the command `totp` in the shell, or for a screen beside the server.

import { counted, defineVerb, said, type Verb } from '../verb.ts';
import { NAME } from './user.ts';

const status = defineVerb({
  name: 'user totp status',
  summary: 'Tell whether a user has a second factor, and how many recovery codes are left',
  operands: [NAME],
  changes: false,
  run: async ({ accounts, operands: [user = ''] }) => {
    const found = await accounts.secondFactor(user);
    if (found === undefined) return said(`${user} has no second factor.`, { user, totp: false });
    const { since, recoveryCodesLeft, blockedUntil } = found;
    const codes = `${counted(recoveryCodesLeft, 'recovery code')} left`;
    const until = blockedUntil?.toISOString();
    return said(
      `${user} has a second factor since ${since.toISOString()}, with ${codes}.`,
      {
        user,
        totp: true,
        since: since.toISOString(),
        recoveryCodesLeft,
        ...(until === undefined ? {} : { blockedUntil: until }),
      },
      ...(until === undefined
        ? []
        : [`Too many codes were wrong, after the right password: no code is looked at until ${until}.`]),
    );
  },
});

const disable = defineVerb({
  name: 'user totp disable',
  summary: 'Take the second factor of a user away',
  operands: [NAME],
  changes: true,
  run: async ({ accounts, operands: [user = ''] }) => {
    await accounts.disableSecondFactor(user);
    return said(`${user} has no second factor any more.`, { user, totp: false });
  },
});

const recovery = defineVerb({
  name: 'user totp recovery',
  summary: 'Make new recovery codes in the place of the old ones',
  operands: [NAME],
  changes: true,
  run: async ({ accounts, operands: [user = ''] }) => {
    const codes = await accounts.renewRecoveryCodes(user);
    return said(RECOVERY_CODES, { user, recoveryCodes: codes }, ...codes.map((code) => `  ${code}`));
  },
});

export const RECOVERY_CODES =
  'Recovery codes; each is good for one login without the program, and they are not shown again:';

export const USER_TOTP_VERBS: readonly Verb[] = [status, disable, recovery];
