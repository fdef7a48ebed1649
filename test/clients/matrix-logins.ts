// The matrix, first part: a client gets in, and sees what is there.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subject } from './matrix.ts';

const LOGINS = ['password', 'key'] as const;

export function checkLogins({ driver, check, stage, bench }: Subject): void {
  for (const method of LOGINS) {
    check(`logs in by ${method}`, async (t) => {
      if (!driver.logins.includes(method)) return `the client has no login by ${method} that a program can drive`;
      const { target, home } = await stage();
      await writeFile(join(home, `seen by ${method}`), '');
      const session = await driver.open(t, await target(method));
      t.true((await session.list('/')).includes(`seen by ${method}`));
      return undefined;
    });
  }

  check('lists an empty folder', async (t) => {
    const { session, remote } = await bench(t);
    t.deepEqual(await session.list(remote), []);
  });

  check('tells that a file is missing', async (t) => {
    const { session, remote, local } = await bench(t);
    await t.throwsAsync(session.download(`${remote}/missing`, join(local, 'missing')), { any: true });
  });
}
