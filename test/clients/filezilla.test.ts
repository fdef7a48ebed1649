// FileZilla, the program with its windows: what its users do by mouse and keyboard, on a screen that nobody sees. Each
// check has both lists for itself. Its engine alone is put through the whole matrix in filezilla-engine.test.ts.

import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checksOf, once } from './client-tests.ts';
import { readTree, type Tree, writeTree } from './content.ts';
import type { Client, Lifetime } from './driver.ts';
import { type FileZilla, startFileZilla } from './filezilla-program.ts';
import { versionLine } from './must-run.ts';
import { type Stage, setStage } from './stage.ts';

const client: Client = {
  name: 'FileZilla',
  programs: { filezilla: 'filezilla', Xvfb: 'xvfb', xdotool: 'xdotool' },
  // The window program needs a screen also to tell its version; its engine is built with it and does not.
  version: async (t) =>
    versionLine(t, 'sh', ['-c', 'fzsftp --version | grep -o "psftp: .*" | sed s/psftp:/FileZilla/']),
};

const TREE: Tree = {
  'tree/one': 'a',
  'tree/empty': '',
  'tree/with space & émoji 🐚.txt': 'content',
  'tree/inner folder/deeper/deep': 'at the end'.repeat(30_000),
};
/** 2009-02-13 23:31:30 UTC. */
const LONG_AGO_SECONDS = 1_234_567_890;

const closers: Array<() => unknown> = [];
const lifetime: Lifetime = { teardown: (close) => closers.push(close), log: console.log };
test.after.always('FileZilla: taken down', async () => {
  for (const close of closers.reverse()) await close();
});

const stage = once(() => setStage(lifetime));
/** The FileZilla of all checks, which the first one connects. */
const shared = once(async () => startFileZilla(lifetime, await (await stage()).target('password')));
const check = checksOf(client);

check('asks for the password and the host key, keeps the key, and lists the home', async (t) => {
  const { server, home, logins } = await stage();
  await writeFile(join(home, 'a file'), 'content');
  const program = await shared();
  const password = await program.screen.window('^Enter password$');
  await password.act('type', '--delay', '0', logins.password.password);
  await password.act('key', 'Return');
  const hostKey = await program.screen.window('^Unknown host key$');
  await hostKey.act('key', 'alt+a', 'Return');
  await program.logged(/Trust new Hostkey: Yes/);
  await program.logged(/Directory listing of "\/" successful/);
  t.true((await readFile(join(program.trusted, 'sshhostkeys'), 'utf8')).startsWith(`ssh-ed25519@${server.port}:`));
  return undefined;
});

check('uploads a tree, with times', async (t) => {
  const { program, home } = await bench({ local: TREE });
  await utimes(join(program.local, 'tree/one'), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
  await program.withAll('local', ['alt+Down'], (limitMs) => program.logged(/Starting upload/, 1, limitMs));
  await program.logged(/File transfer successful/, 4);
  await program.until(async () => (await secondsOf(join(home, 'tree/one'))) === LONG_AGO_SECONDS);
  t.deepEqual(await readTree(home), await readTree(program.local));
  return undefined;
});

check('downloads a tree, with times', async (t) => {
  const { program, home } = await bench({ remote: TREE });
  await utimes(join(home, 'tree/one'), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
  await program.withAll('remote', ['alt+Down'], (limitMs) => program.logged(/Starting download/, 1, limitMs));
  await program.logged(/File transfer successful/, 4);
  await program.until(async () => (await secondsOf(join(program.local, 'tree/one'))) === LONG_AGO_SECONDS);
  t.deepEqual(await readTree(program.local), await readTree(home));
  return undefined;
});

check('goes on with an upload and a download that broke off', async (t) => {
  const whole = randomBytes(1_000_001);
  const { program, home } = await bench({});
  await writeFile(join(program.local, 'up'), whole);
  await writeFile(join(home, 'up'), whole.subarray(0, 900_000));
  await program.refresh();
  await program.withAll('local', ['alt+Down'], (limitMs) => program.logged(/Starting upload/, 1, limitMs));
  await program.logged(/File transfer successful, transferred 100[,.]?001 bytes/);
  t.true((await readFile(join(home, 'up'))).equals(whole));

  await clear(home);
  await clear(program.local);
  await writeFile(join(home, 'down'), whole);
  await writeFile(join(program.local, 'down'), whole.subarray(0, 800_000));
  await program.refresh();
  await program.withAll('remote', ['alt+Down'], (limitMs) => program.logged(/Starting download/, 1, limitMs));
  await program.logged(/File transfer successful, transferred 200[,.]?001 bytes/);
  t.true((await readFile(join(program.local, 'down'))).equals(whole));
  return undefined;
});

check('renames', async (t) => {
  const { program, home } = await bench({ remote: { 'old name': 'content' } });
  await program.withAll('remote', ['F2', 'ctrl+a', 'n', 'e', 'w', 'Return'], (limitMs) =>
    program.logged(/\/old name -> \/new/, 1, limitMs),
  );
  t.deepEqual(await readTree(home), { new: 'content' });
  return undefined;
});

check('makes a folder', async (t) => {
  const { program, home } = await bench({});
  const dialog = await program.withAll('remote', ['ctrl+shift+n'], (limitMs) =>
    program.screen.window('^Create directory$', limitMs),
  );
  await dialog.act('key', 'ctrl+a', 'type', '--delay', '0', 'new folder');
  await dialog.act('key', 'Return');
  await program.until(async () => (await readdir(home)).includes('new folder'));
  t.true((await stat(join(home, 'new folder'))).isDirectory());
  return undefined;
});

check('shows and changes permissions', async (t) => {
  const { program, home } = await bench({ remote: { file: 'content' } });
  await chmod(join(home, 'file'), 0o604);
  await program.refresh();
  const dialog = await program.withAll('remote', ['Menu'], async (limitMs) => {
    // The menu is a window without a name of its own; its last row is "File permissions...".
    await program.screen.window('^filezilla$', limitMs);
    await program.screen.press('Up', 'Return');
    return program.screen.window('^Change file attributes$', limitMs);
  });
  // The cursor stands in the number; an x keeps what the file has, as the listing has told it.
  await dialog.act('key', 'ctrl+a', 'type', '--delay', '0', '75x');
  await dialog.act('key', 'Return');
  await program.logged(/\/file: 0604 -> 0754/);
  t.is((await stat(join(home, 'file'))).mode & 0o777, 0o754);
  return undefined;
});

check('deletes a tree', async (t) => {
  const { program, home } = await bench({ remote: TREE });
  const dialog = await program.withAll('remote', ['Delete'], (limitMs) =>
    program.screen.window('^Confirmation needed$', limitMs),
  );
  await dialog.act('key', 'Return');
  await program.until(async () => (await readdir(home)).length === 0);
  t.deepEqual(await readTree(home), {});
  return undefined;
});

check('logs in by key', async (t) => {
  const { target } = await stage();
  const program = await startFileZilla(t, await target('key'));
  await (await program.screen.window('^Unknown host key$')).act('key', 'Return');
  await program.logged(/Trust new Hostkey: Once/);
  await program.logged(/Directory listing of "\/" successful/);
  t.deepEqual(await readdir(program.trusted), ['randomseed']);
  return undefined;
});

check('meets no unexpected error of the server', async (t) => {
  const records = await (await stage()).server.records();
  t.deepEqual(
    records.filter(({ level, outcome }) => level === 'error' || outcome === 'internal'),
    [],
  );
  return undefined;
});

/** Empties both lists, puts the trees there, and shows them. */
async function bench({
  local = {},
  remote = {},
}: {
  local?: Tree;
  remote?: Tree;
}): Promise<Stage & { program: FileZilla }> {
  const [set, program] = [await stage(), await shared()];
  await clear(set.home);
  await clear(program.local);
  await writeTree(set.home, remote);
  await writeTree(program.local, local);
  await program.refresh();
  return { ...set, program };
}

async function clear(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

async function secondsOf(path: string): Promise<number> {
  return Math.floor((await stat(path)).mtimeMs / 1000);
}
