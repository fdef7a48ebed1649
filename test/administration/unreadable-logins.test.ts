// One user of whom what is kept of the logins can't be read, among others.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { startAdministered } from './administered-server.ts';

/*
 * While the login record of one user could not be read, `user list` failed, and so did every verb that looks whether users
 * are there: nobody could be listed, put into a group or granted a folder, on account of somebody else.
 * Reached by a file in logins/ that was cut, or had become a folder or writable by others.
 * Verifies that the others are listed and can be administered, that the one is marked, and that no second factor is claimed
 * to be missing.
 */
test('administration: a user whose logins cannot be read hides no others', async (t) => {
  const { server, folder, config } = await startAdministered(t);
  await mkdir(join(folder, 'logins'), { mode: 0o700 });
  await writeFile(join(folder, 'logins', 'mallory'), 'totp-secret', { mode: 0o600 });
  const { rows, lines } = await server.administration.run('user list');
  const mallory = [...(rows as Iterable<Record<string, unknown>>)].find(({ user }) => user === 'mallory');
  t.deepEqual(mallory, { user: 'mallory', password: 'plain', keys: 0, locked: false, unreadable: true });
  const listed = [...(lines as Iterable<string>)];
  t.regex(listed.find((line) => line.startsWith('mallory')) ?? '', /logins\/mallory can't be read/);
  t.true(listed.some((line) => line.startsWith('bob')));
  await server.administration.run('group add', { operands: ['team', 'bob'] });
  t.regex(await readFile(config, 'utf8'), /team/);
  await t.throwsAsync(server.administration.run('user show', { operands: ['mallory'] }), {
    message: /not in order; the log of the server says what to mend/,
  });
});
