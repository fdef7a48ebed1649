// The client's commands at a shared folder: what deletes nothing, and what goes over its border.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { snapshot } from '../storage/snapshot.ts';
import { clientProgram, type Program, reaching } from './client-program.ts';

const RULES = `
folders:
  design: { grants: [{ role: owner, users: [alice] }] }
`;

interface Shared extends Program {
  /** The shared folder on the disk. */
  readonly design: string;
}

/** Alice with a shared folder that has a file and a folder, and with two files at home. */
async function sharedProgram(t: ExecutionContext): Promise<Shared> {
  const program = await clientProgram(t, RULES);
  const design = join(program.server.sharedFolders, 'design');
  await mkdir(join(design, 'plans'), { recursive: true });
  await writeFile(join(design, 'logo.svg'), 'logo');
  await writeFile(join(design, 'plans/first'), 'first');
  await writeFile(join(program.home, 'a.txt'), 'alpha');
  await mkdir(join(program.home, 'sub/deep'), { recursive: true });
  await writeFile(join(program.home, 'sub/deep/b.txt'), 'beta');
  return { ...program, design };
}

/*
 * What was wrong: sent to delete a shared folder, the client emptied it, and then failed to delete the folder itself.
 * How reached: `sshome delete -r HOST:/shared/design`, or `delete -r` in `sshome connect`, by anybody who may delete in it.
 * What this verifies: nothing is deleted, of the shared folder, of the home or of what is above it, and the reason is told.
 */
for (const path of ['/shared/design', '/shared', '/']) {
  test(`shared folders: delete -r ${path} by the client deletes nothing`, async (t) => {
    const program = await sharedProgram(t);
    const before = [await snapshot(program.design), await snapshot(program.home)];
    const how = reaching(program);
    const reason = /Permission denied: (a shared folder stands here|this is the (shared folder|home) itself)/;
    const deleted = await program.run(['delete', '-r', ...how, `${program.alice}:${path}`]);
    t.is(deleted.status, 1);
    t.regex(deleted.stderr, reason);
    const typed = await program.run(['connect', ...how, program.alice], { input: `delete -r ${path}\n` });
    t.is(typed.status, 1);
    t.regex(typed.stderr, reason);
    t.deepEqual([await snapshot(program.design), await snapshot(program.home)], before);
  });
}
