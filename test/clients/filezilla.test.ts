// FileZilla, the program with its windows: what its users do by mouse and keyboard, on a screen that nobody sees. Each
// check has the remote list for itself. The engine alone is put through the whole matrix in filezilla-engine.test.ts.

import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { giveSecondFactor } from '../helpers/second-factor.ts';
import { checksOf, once } from './client-tests.ts';
import { readTree, type Tree, writeTree } from './content.ts';
import type { Client, Lifetime } from './driver.ts';
import { startFileZilla } from './filezilla-program.ts';
import { versionLine } from './must-run.ts';
import { setStage } from './stage.ts';

const client: Client = {
  name: 'FileZilla',
  programs: { filezilla: 'filezilla', Xvfb: 'xvfb', xdotool: 'xdotool' },
  // The window program needs a screen also to tell its version; its engine is built with it and does not.
  version: async (t) =>
    versionLine(t, 'sh', ['-c', 'fzsftp --version | grep -o "psftp: .*" | sed s/psftp:/FileZilla/']),
};

const TREE: Tree = {
  one: 'a',
  empty: '',
  'with space & émoji 🐚.txt': 'content',
  'inner folder/deeper/deep': 'at the end'.repeat(30_000),
};
/** Keys that choose from the menu of the remote list; its last row is "File permissions...". */
const DOWNLOAD = ['Down', 'Return'] as const;
const CREATE_DIRECTORY = ['c'] as const;
const PERMISSIONS = ['Up', 'Return'] as const;
const RENAME = ['Up', 'Up', 'Up', 'Return'] as const;
const DELETE = ['Up', 'Up', 'Up', 'Up', 'Return'] as const;

const UPLOADED: Tree = within('uploaded', TREE);
/** The content of a file that is carried in two parts. */
const WHOLE = 'a thousand lines\n'.repeat(1000);
/** 2009-02-13 23:31:30 UTC. */
const LONG_AGO_SECONDS = 1_234_567_890;

const closers: Array<() => unknown> = [];
const lifetime: Lifetime = { teardown: (close) => closers.push(close), log: console.log };
test.after.always('FileZilla: taken down', async () => {
  for (const close of closers.reverse()) await close();
});

const stage = once(() => setStage(lifetime));
/** The FileZilla of all checks, which the first one connects. */
const shared = once(async () => {
  const { target, home } = await stage();
  await writeFile(join(home, 'broke off'), WHOLE.slice(0, 12_345));
  return startFileZilla(lifetime, await target('password'), { ...UPLOADED, 'broke off': WHOLE });
});
const check = checksOf(client);

check('asks for the password and the host key, keeps the key, and lists the home', async (t) => {
  const { server, logins } = await stage();
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

check(
  'asks for the password and a one-time code, and uploads on that connection (logon type Interactive)',
  async (t) => {
    const { server, logins, home, target } = await setStage(t);
    const factor = await giveSecondFactor(server);
    const program = await startFileZilla(t, await target('password'), { one: 'a' }, 'interactive');
    const answers = [logins.password.password, factor.code()];
    const hostKey = await program.screen.window('^Unknown host key$');
    await hostKey.act('key', 'alt+a', 'Return');
    for (const [at, answer] of answers.entries()) {
      const question = await program.screen.window('^Enter password$');
      await question.act('type', '--delay', '0', answer);
      await question.act('key', 'Return');
      // The windows of both questions have one title.
      await program.logged(/Command: Pass: \*+/, at + 1);
    }
    await program.logged(/Directory listing of "\/" successful/);
    await program.upload();
    await program.logged(/File transfer successful/);
    t.deepEqual(await readTree(home), { one: 'a' });
    return undefined;
  },
);

check('uploads a tree with its times, and goes on with a file that broke off', async (t) => {
  const { home } = await stage();
  const program = await shared();
  await utimes(join(program.local, 'uploaded/one'), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
  await program.upload();
  await program.logged(/File transfer successful/, 5);
  await program.logged(/File transfer successful, transferred 4[,.]?655 bytes/);
  t.deepEqual(await readTree(home), await readTree(program.local));
  t.is(await secondsOf(join(home, 'uploaded/one')), LONG_AGO_SECONDS);
  return undefined;
});

check('downloads a tree with its times, and goes on with a file that broke off', async (t) => {
  const program = await shared();
  await writeFile(join(program.local, 'part'), WHOLE.slice(0, 10_000));
  const home = await show({ ...within('downloaded', TREE), part: WHOLE }, (folder) =>
    utimes(join(folder, 'downloaded/one'), LONG_AGO_SECONDS, LONG_AGO_SECONDS),
  );
  await program.choose(DOWNLOAD, (limitMs) => program.logged(/Starting download/, 1, limitMs));
  await program.logged(/File transfer successful/, 5);
  await program.logged(/File transfer successful, transferred 7[,.]?000 bytes/);
  t.deepEqual(await readTree(join(program.local, 'downloaded')), await readTree(join(home, 'downloaded')));
  t.is(await readFile(join(program.local, 'part'), 'utf8'), WHOLE);
  t.is(await secondsOf(join(program.local, 'downloaded/one')), LONG_AGO_SECONDS);
  return undefined;
});

check('renames', async (t) => {
  const program = await shared();
  const home = await show({ 'old name': 'content' });
  await program.choose([...RENAME, 'ctrl+a', 'n', 'e', 'w', 'Return'], (limitMs) =>
    program.logged(/\/old name -> \/new/, 1, limitMs),
  );
  t.deepEqual(await readTree(home), { new: 'content' });
  return undefined;
});

check('makes a folder', async (t) => {
  const program = await shared();
  const home = await show({});
  const dialog = await program.choose(CREATE_DIRECTORY, (limitMs) =>
    program.screen.window('^Create directory$', limitMs),
  );
  await dialog.act('key', 'ctrl+a', 'n', 'e', 'w', 'Return');
  await program.until(async () => (await readdir(home)).length > 0);
  t.deepEqual(await readTree(home), { 'new/': '' });
  return undefined;
});

check('shows and changes permissions', async (t) => {
  const program = await shared();
  const home = await show({ file: 'content' }, (folder) => chmod(join(folder, 'file'), 0o604));
  const dialog = await program.choose(PERMISSIONS, (limitMs) =>
    program.screen.window('^Change file attributes$', limitMs),
  );
  // The cursor stands in the number; an x keeps what the file has, as the listing has told it.
  await dialog.act('key', 'ctrl+a', '7', '5', 'x', 'Return');
  await program.logged(/\/file: 0604 -> 0754/);
  t.is((await stat(join(home, 'file'))).mode & 0o777, 0o754);
  return undefined;
});

check('deletes a tree', async (t) => {
  const program = await shared();
  const home = await show(within('tree', TREE));
  const dialog = await program.choose(DELETE, (limitMs) => program.screen.window('^Confirmation needed$', limitMs));
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

check('goes into a shared folder, up and down, and is told of a quota that is used up', async (t) => {
  const rules = 'folders: { design: { quota: 100K, grants: [{ role: editor, users: [alice] }] } }\n';
  const { server, target } = await setStage(t, {}, rules);
  const design = join(server.folder, 'folders/design');
  await mkdir(design, { recursive: true, mode: 0o700 });
  await writeTree(design, { logo: WHOLE });
  const local = { one: 'a', 'too big': 'x'.repeat(200_000) };
  const program = await startFileZilla(t, await target('key'), local, 'key', ['shared', 'design']);
  await (await program.screen.window('^Unknown host key$')).act('key', 'Return');
  await program.logged(/Directory listing of "\/shared\/design" successful/);
  await program.choose(DOWNLOAD, (limitMs) => program.logged(/Starting download/, 1, limitMs));
  await program.logged(/File transfer successful, transferred 17[,.]?000 bytes/);
  t.is(await readFile(join(program.local, 'logo'), 'utf8'), WHOLE);
  await program.upload();
  await program.logged(/Error: .*Quota exceeded: \d+ of 102400 bytes are used/);
  await program.until(async () => (await readTree(design))['one'] === 'a');
  t.is(await readFile(join(design, 'logo'), 'utf8'), WHOLE);
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

/** Leaves nothing but the tree in the home, and shows it in the remote list. */
async function show(tree: Tree, prepare: (home: string) => Promise<void> = async () => {}): Promise<string> {
  const { home } = await stage();
  for (const name of await readdir(home)) await rm(join(home, name), { recursive: true });
  await writeTree(home, tree);
  await prepare(home);
  await (await shared()).refresh();
  return home;
}

function within(folder: string, tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([path, content]) => [`${folder}/${path}`, content]));
}

async function secondsOf(path: string): Promise<number> {
  return Math.floor((await stat(path)).mtimeMs / 1000);
}
