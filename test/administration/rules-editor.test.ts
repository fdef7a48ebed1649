// Edits of sshome.yaml: one at a time, in one step, and never to something that can't be read.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { createRulesEditor, type RulesEditor } from '../../src/administration/rules-editor.ts';
import { parseConfig } from '../../src/config/config-file.ts';
import { AdministrationError } from '../../src/model/administration.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const EDITOR = fileURLToPath(new URL('rules-editor-program.js', import.meta.url));

const editorOf = (file: string): RulesEditor =>
  createRulesEditor({ file, label: 'sshome.yaml', readRules: parseConfig });

async function withFile(t: ExecutionContext, content: string, mode = 0o600): Promise<string> {
  const file = join(await temporaryFolder(t), 'sshome.yaml');
  await writeFile(file, content, { mode });
  await chmod(file, mode);
  return file;
}

/** What lies beside the file: nothing, when an edit has cleaned up after itself. */
const beside = async (file: string): Promise<string[]> =>
  (await readdir(join(file, '..'))).filter((name) => name !== 'sshome.yaml');

const setQuota = (editor: RulesEditor, quota: unknown): Promise<boolean> =>
  editor.edit(() => [{ path: ['users', 'bob', 'quota'], value: quota }]);

test('rules editor: an edit keeps mode and comments, and is read back', async (t) => {
  const file = await withFile(t, '# head\nport: 1 # ssh\n', 0o640);
  const editor = editorOf(file);
  t.true(await setQuota(editor, '5G'));
  t.is(await readFile(file, 'utf8'), '# head\nport: 1 # ssh\nusers:\n  bob:\n    quota: 5G\n');
  t.is((await stat(file)).mode & 0o777, 0o640);
  t.is((await editor.read()).rules.users.get('bob')?.quota?.bytes, 5 * 1024 ** 3);
  t.deepEqual(await beside(file), []);
});

test('rules editor: what says so already is left alone', async (t) => {
  const file = await withFile(t, 'users: {bob: {quota: 5G}}\n');
  const before = (await stat(file)).ino;
  t.false(await setQuota(editorOf(file), '5G'));
  t.is((await stat(file)).ino, before);
});

test('rules editor: the first edit makes the file, for its owner alone', async (t) => {
  const file = join(await temporaryFolder(t), 'sshome.yaml');
  const editor = editorOf(file);
  t.deepEqual((await editor.read()).content, {});
  t.true(await setQuota(editor, '5G'));
  t.is((await stat(file)).mode & 0o777, 0o600);
});

test('rules editor: a file that is a link stays one', async (t) => {
  const file = await withFile(t, '');
  const link = join(await temporaryFolder(t), 'link.yaml');
  await symlink(file, link);
  await setQuota(editorOf(link), '5G');
  t.true((await lstat(link)).isSymbolicLink());
  t.regex(await readFile(file, 'utf8'), /quota: 5G/);
});

test('rules editor: a value that the reader refuses changes nothing, and is told with its line', async (t) => {
  const file = await withFile(t, '# head\n');
  const error = await t.throwsAsync(setQuota(editorOf(file), 'much'), { instanceOf: AdministrationError });
  t.regex(error?.message ?? '', /^nothing was changed:\nsshome\.yaml:4: users\.bob\.quota: "much"/);
  t.is(await readFile(file, 'utf8'), '# head\n');
  t.deepEqual(await beside(file), []);
});

test('rules editor: a file that is wrong already is not edited, nor one that others can write', async (t) => {
  const file = await withFile(t, 'users: [1]\n');
  await t.throwsAsync(setQuota(editorOf(file), '5G'), {
    message: /^sshome\.yaml has to be mended first\nsshome\.yaml:1: /,
  });
  const open = await withFile(t, '', 0o606);
  await t.throwsAsync(setQuota(editorOf(open), '5G'), { message: /chmod go-w sshome\.yaml/ });
  t.is(await readFile(open, 'utf8'), '');
});

test('rules editor: many processes at once lose nothing', async (t) => {
  t.timeout(60_000);
  const file = await withFile(t, '# head\n');
  const names = ['a', 'b', 'c'];
  const children = names.map((name) => spawn(process.execPath, [EDITOR, 'many', file, name], { stdio: 'inherit' }));
  const ended = await Promise.all(children.map((child) => once(child, 'exit')));
  t.deepEqual(
    ended.map(([status]) => status),
    names.map(() => 0),
  );
  const users = [...(await editorOf(file).read()).rules.users.keys()].sort();
  t.deepEqual(
    users,
    names.flatMap((name) => Array.from({ length: 10 }, (_, index) => `${name}${index}`)),
  );
  t.true((await readFile(file, 'utf8')).startsWith('# head\n'));
});

test('rules editor: a process that is killed before its commit leaves the old file, and the next edit cleans up', async (t) => {
  const file = await withFile(t, 'users: {al: {files: 1}}\n');
  const child = spawn(process.execPath, [EDITOR, 'stop-before-commit', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  t.is((await beside(file)).length, 2, 'a lock and a new file');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(await readFile(file, 'utf8'), 'users: {al: {files: 1}}\n');
  await setQuota(editorOf(file), '5G');
  t.deepEqual((await editorOf(file).read()).content, { users: { al: { files: 1 }, bob: { quota: '5G' } } });
  t.deepEqual(await beside(file), []);
});

test('rules editor: what somebody saves in the middle of an edit is not lost', async (t) => {
  const file = await withFile(t, '# first\n');
  let calls = 0;
  const editor = createRulesEditor({
    file,
    label: 'sshome.yaml',
    readRules: (text, label) => {
      calls += 1;
      return parseConfig(text, label);
    },
  });
  let isSaved = false;
  await editor.edit(() => {
    // An editor knows nothing of the lock.
    if (!isSaved) writeFileSync(file, '# second, and longer\n');
    isSaved = true;
    return [{ path: ['users', 'bob', 'files'], value: 1 }];
  });
  t.is(await readFile(file, 'utf8'), '# second, and longer\nusers:\n  bob:\n    files: 1\n');
  t.is(calls, 4);
});
