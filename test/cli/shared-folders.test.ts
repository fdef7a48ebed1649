// The client's commands at a shared folder: what deletes nothing, and what goes over its border.

import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { snapshot } from '../storage/snapshot.ts';
import { clientProgram, type Program, reaching } from './client-program.ts';

const RULES = `
folders:
  design: { grants: [{ role: owner, users: [alice] }] }
  reading: { grants: [{ role: viewer, users: [alice] }] }
  small: { quota: 1000, grants: [{ role: owner, users: [alice] }] }
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

test('shared folders: move in connect goes over the border, both ways, with mode and times', async (t) => {
  const program = await sharedProgram(t);
  await chmod(join(program.home, 'a.txt'), 0o640);
  await utimes(join(program.home, 'a.txt'), 1_000_000_000, 1_100_000_000);
  const input = 'move a.txt shared/design\nmv shared/design/plans sub\nmove sub shared/design/all\n';
  const { status, stdout, stderr } = await program.run(['connect', ...reaching(program), program.alice], { input });
  t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  t.deepEqual(await readdir(program.home), []);
  t.deepEqual((await readdir(program.design, { recursive: true })).sort(), [
    'a.txt',
    'all',
    'all/deep',
    'all/deep/b.txt',
    'all/plans',
    'all/plans/first',
    'logo.svg',
  ]);
  t.is(await readFile(join(program.design, 'all/plans/first'), 'utf8'), 'first');
  const { mode, mtimeMs } = await stat(join(program.design, 'a.txt'));
  t.deepEqual({ mode: mode & 0o777, mtimeMs }, { mode: 0o640, mtimeMs: 1_100_000_000_000 });
});

test('shared folders: move in connect replaces nothing, and what can not be copied stays whole', async (t) => {
  const program = await sharedProgram(t);
  await writeFile(join(program.home, 'logo.svg'), 'mine');
  await writeFile(join(program.home, 'sub/large'), Buffer.alloc(5000));
  const before = [await snapshot(program.design), await snapshot(program.home)];
  const connected = async (input: string): Promise<string> => {
    const { status, stderr } = await program.run(['connect', ...reaching(program), program.alice], { input });
    t.is(status, 1, input);
    return stderr;
  };
  t.regex(await connected('move logo.svg shared/design\n'), /\/shared\/design\/logo\.svg: File exists/);
  t.regex(
    await connected('move a.txt shared/reading\n'),
    /\/a\.txt: Permission denied|reading\/a\.txt: Permission denied/,
  );
  t.regex(await connected('move shared/design a\n'), /Permission denied: a shared folder stands here/);
  const kept = await connected('move sub shared/small\n');
  t.regex(kept, /large: Quota exceeded/);
  t.regex(kept, /\/sub: kept, for not all of it could be copied to \/shared\/small\/sub/);
  t.deepEqual([await snapshot(program.design), await snapshot(program.home)], before);
});
