// A program that administers its own server: adds a user with a quota, and tells who is there and what happened.
// In your program import from 'sshome'.

import { AdministrationError, type SshomeServer } from '../src/index.ts';

/** Adds `user`, and resolves to the names of all users; false when the server refused it, as for a name that is taken. */
export async function addUser(
  { administration }: SshomeServer,
  { user, password, quota }: { user: string; password: string; quota: string },
): Promise<string[] | false> {
  try {
    await administration.run('user add', { operands: [user], password: async () => password });
    await administration.run('user set', { operands: [user, `quota=${quota}`] });
  } catch (error) {
    if (error instanceof AdministrationError) return false;
    throw error;
  }
  const names: string[] = [];
  const { rows } = await administration.run('user list');
  for await (const row of rows) names.push(String(row['user']));
  return names;
}
