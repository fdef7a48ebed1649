// A second factor for alice, as `sshome user totp enable` makes one, and the codes that her phone would show.

import { join } from 'node:path';
import { LoginRecords } from '../../src/accounts/login-records.ts';
import { SecondFactors } from '../../src/accounts/second-factor.ts';
import { codeAt, stepAt } from '../../src/accounts/totp.ts';
import type { TestServer } from './server.ts';
import { createTestLog } from './test-log.ts';

export interface GivenFactor {
  /** The code of now. */
  code(): string;
  /** Another one each time. */
  recoveryCode(): string;
}

export async function giveSecondFactor(
  { folder }: Pick<TestServer, 'folder'>,
  { mustChange = false }: { readonly mustChange?: boolean } = {},
): Promise<GivenFactor> {
  const records = new LoginRecords({ folder: join(folder, 'logins'), log: createTestLog() });
  const factors = new SecondFactors({ records });
  const enrolment = factors.prepare('alice');
  await factors.enable(enrolment, undefined);
  if (mustChange) await records.passwordSet('alice', { mustChange });
  const left = [...enrolment.recoveryCodes];
  return {
    code: () => codeAt(enrolment.secret, stepAt(Date.now())),
    recoveryCode: () => left.shift() ?? '',
  };
}
