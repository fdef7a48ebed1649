// What a start with `--run-as` gives away, and what it refuses to start without. As root alone.

import { chmod, chown, lchown, link, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { type ServerProcess, startProcess } from '../helpers/server-process.ts';

/** `nobody` of Debian and of most others. */
const NOBODY = 65534;

/** A folder with one user in it, as `sudo sshome user add` makes it; undefined when this test can't be run. */
async function ofRoot(t: ExecutionContext): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can become another user');
    t.pass();
    return undefined;
  }
  const folder = await temporaryFolder(t);
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:a password of alice\n', { mode: 0o600 });
  return folder;
}

const startAsNobody = (t: ExecutionContext, folder: string): Promise<ServerProcess> =>
  startProcess(t, { folder, words: ['--run-as', 'nobody'] });

/*
 * The credentials file was read as root and followed as the other user, who could not read it: the server went on by the
 * users of its start, and whoever was locked or removed later kept coming in. `sshome user lock` said that it was done.
 * Reached by the file of mode 0600 that `sudo sshome user add` makes, or such an sshome.yaml, and `--run-as`.
 * Verifies that the server does not start then, and says what to type; and that it starts once that was typed.
 */
test('run-as: files whose changes the user could not see are an error that says so', async (t) => {
  const folder = await ofRoot(t);
  if (folder === undefined) return;
  const credentials = await startAsNobody(t, folder);
  t.false(credentials.port > 0);
  t.is(await credentials.ended, 1);
  t.regex(credentials.errors(), /^sshome: --run-as nobody: .*chown nobody id_passwd\.txt$/m);
  await chown(join(folder, 'id_passwd.txt'), NOBODY, NOBODY);
  await writeFile(join(folder, 'sshome.yaml'), 'users: {}\n', { mode: 0o600 });
  const rules = await startAsNobody(t, folder);
  t.is(await rules.ended, 1);
  t.regex(rules.errors(), /^sshome: --run-as nobody: .*chown nobody sshome\.yaml$/m);
  await chown(join(folder, 'sshome.yaml'), NOBODY, NOBODY);
  await mkdir(join(folder, 'authorized_keys'), { mode: 0o700 });
  const keys = await startAsNobody(t, folder);
  t.is(await keys.ended, 1);
  t.regex(keys.errors(), /^sshome: --run-as nobody: .*chown -R nobody authorized_keys$/m);
  await chown(join(folder, 'authorized_keys'), NOBODY, NOBODY);
  t.true((await startAsNobody(t, folder)).port > 0);
});

/*
 * Folders in the state folder, which belongs to the user, were given away through links: whoever took over the server once
 * could put a link to any folder of root there, and had that folder after the next start.
 * Reached by a link in the place of `state/usage`, of `logins`, or of what is in it; or by a second name of a file.
 * Verifies that none of these is given away, and that a link which root made is still gone through.
 */
test('run-as: what a link of the user leads to, or a second name, is not given away', async (t) => {
  const folder = await ofRoot(t);
  if (folder === undefined) return;
  await chown(join(folder, 'id_passwd.txt'), NOBODY, NOBODY);
  await mkdir(join(folder, 'of root'), { mode: 0o700 });
  await writeFile(join(folder, 'of root/secret'), '', { mode: 0o600 });
  await mkdir(join(folder, 'state'), { mode: 0o700 });
  for (const place of ['state/usage', 'logins']) {
    await rm(join(folder, place), { recursive: true, force: true });
    await symlink(join(folder, 'of root'), join(folder, place));
    await lchown(join(folder, place), NOBODY, NOBODY);
    const server = await startAsNobody(t, folder);
    t.false(server.port > 0, place);
    t.is(await server.ended, 1, place);
    t.regex(server.errors(), new RegExp(`^sshome: --run-as nobody: ${place} is a link`, 'm'));
    await rm(join(folder, place));
  }
  await rm(join(folder, 'logins'), { recursive: true, force: true });
  await mkdir(join(folder, 'logins'));
  await link(join(folder, 'of root/secret'), join(folder, 'logins/alice'));
  const server = await startAsNobody(t, folder);
  t.is(await server.ended, 1);
  t.regex(server.errors(), /logins\/alice has another name, too/);
  for (const name of ['of root', 'of root/secret']) t.is((await stat(join(folder, name))).uid, 0, name);

  await rm(join(folder, 'logins'), { recursive: true });
  await mkdir(join(folder, 'elsewhere'));
  await rm(join(folder, 'homes'), { recursive: true, force: true });
  await symlink('elsewhere', join(folder, 'homes'));
  t.true((await startAsNobody(t, folder)).port > 0);
  t.is((await stat(join(folder, 'elsewhere'))).uid, NOBODY);
});

/*
 * All lines of the log were lost from its first rotation on: the folder was root's, and the server nobody's by then.
 * Reached by `--run-as` and a `--log-file` in a folder that was not given away.
 * Verifies that the file grows, and says so once.
 */
test('run-as: the log in a folder that the user can not write goes on', async (t) => {
  const folder = await ofRoot(t);
  if (folder === undefined) return;
  await chown(join(folder, 'id_passwd.txt'), NOBODY, NOBODY);
  // Full with every line: with those that root writes before, too.
  const words = ['--run-as', 'nobody', '--log-file', 'log.jsonl', '--log-file-size', '1'];
  const server = await startProcess(t, { folder, words });
  t.true(server.port > 0);
  server.child.kill();
  t.is(await server.ended, 0);
  const lines = (await readFile(join(folder, 'log.jsonl'), 'utf8')).trimEnd().split('\n');
  const messages = lines.map((line) => JSON.parse(line).message as string);
  t.is(messages.filter((message) => message.endsWith('it grows')).length, 1);
  t.deepEqual([messages.includes('listening'), messages.at(-1)], [true, 'stopped']);
});
