import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import {
  addUser,
  editCredentials,
  hashAll,
  removeUser,
  setLocked,
  setSecret,
} from '../../src/accounts/edit-credentials.ts';
import { CredentialsError } from '../../src/accounts/load-credentials.ts';
import { AccountError } from '../../src/model/account.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { transparentHash } from './fixtures.ts';

const EDITOR = fileURLToPath(new URL('credentials-editor.js', import.meta.url));
const run = promisify(execFile);

async function withFile(t: ExecutionContext, content: string, mode = 0o600): Promise<string> {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  await writeFile(file, content, { mode });
  await chmod(file, mode);
  return file;
}

/** What lies beside the file: nothing, when an edit has cleaned up after itself. */
const beside = async (file: string): Promise<string[]> =>
  (await readdir(join(file, '..'))).filter((name) => name !== 'id_passwd.txt');

test('edit credentials: add, change and remove keep comments, order, line ends and mode', async (t) => {
  const file = await withFile(t, '\ufeff# head\r\nalice:a\r\n\r\n# of bob\r\nbob:b', 0o640);
  await addUser(file, 'carol', 'c');
  await setSecret(file, 'alice', 'A: 2');
  await removeUser(file, 'bob');
  t.is(await readFile(file, 'utf8'), '\ufeff# head\r\nalice:A: 2\r\n\r\n# of bob\r\ncarol:c\r\n');
  t.is((await stat(file)).mode & 0o777, 0o640);
  t.deepEqual(await beside(file), []);
});

test('edit credentials: the first user makes the file, for its owner alone', async (t) => {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  await addUser(file, 'alice', 'a');
  t.is(await readFile(file, 'utf8'), 'alice:a\n');
  t.is((await stat(file)).mode & 0o777, 0o600);
});

test('edit credentials: a folder that is not there is refused in words', async (t) => {
  const file = join(await temporaryFolder(t), 'missing', 'id_passwd.txt');
  await t.throwsAsync(addUser(file, 'alice', 'a'), { instanceOf: CredentialsError, message: /no such folder/ });
});

test('edit credentials: a bad name is refused with the rule', async (t) => {
  const file = await withFile(t, '');
  for (const name of ['', '..', '-x', 'a b', 'a:b', 'a\nb', 'ü']) {
    await t.throwsAsync(addUser(file, name, 's'), { instanceOf: AccountError, message: /1 to 64 letters/ });
  }
  t.is(await readFile(file, 'utf8'), '');
});

test('edit credentials: a taken name is refused, in another case, too', async (t) => {
  const file = await withFile(t, 'alice:a\n');
  await t.throwsAsync(addUser(file, 'alice', 's'), { instanceOf: AccountError, message: /already/ });
  await t.throwsAsync(addUser(file, 'ALICE', 's'), { instanceOf: AccountError, message: /only in case/ });
});

test('edit credentials: changing or removing nobody is refused', async (t) => {
  const file = await withFile(t, 'alice:a\n');
  await t.throwsAsync(setSecret(file, 'bob', 's'), { instanceOf: AccountError, message: /no such user/ });
  await t.throwsAsync(removeUser(file, 'bob'), { instanceOf: AccountError, message: /no such user/ });
});

/*
 * Changing a user of a file that is not there was told as "there is no such user": who had deleted the file, or stood in
 * another folder than the server, looked for a typing error in the name.
 * Reached by `sshome user lock bob` where there is no id_passwd.txt.
 * Verifies that the file is named, and that none is made.
 */
test('edit credentials: a file that is not there is told of, not the user in it', async (t) => {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  for (const change of [setSecret(file, 'bob', 's'), setLocked(file, 'bob', true), removeUser(file, 'bob')]) {
    await t.throwsAsync(change, { instanceOf: CredentialsError, message: /id_passwd\.txt: there is no such file/ });
  }
  t.deepEqual(await readdir(join(file, '..')), []);
});

test('edit credentials: a secret that is not the expected one any more is left alone', async (t) => {
  const file = await withFile(t, 'alice:new\n');
  await t.throwsAsync(setSecret(file, 'alice', 's', 'old'), { instanceOf: AccountError, message: /somebody else/ });
  await setSecret(file, 'alice', 's', 'new');
  t.is(await readFile(file, 'utf8'), 'alice:s\n');
});

test('edit credentials: a file with problems is not touched, and they are all named', async (t) => {
  const file = await withFile(t, 'alice:a\nbroken\nbob\n');
  const error = await t.throwsAsync(addUser(file, 'carol', 'c'), { instanceOf: CredentialsError });
  t.regex(error?.message ?? '', /id_passwd\.txt:2:.*\n.*id_passwd\.txt:3:/);
  t.is(await readFile(file, 'utf8'), 'alice:a\nbroken\nbob\n');
});

test('edit credentials: a link stays a link, and its target is replaced', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real', 'users'), 'alice:a\n', { mode: 0o600 });
  const file = join(folder, 'id_passwd.txt');
  await symlink('real/users', file);
  await addUser(file, 'bob', 'b');
  t.is(await readlink(file), 'real/users');
  t.true((await lstat(join(folder, 'real', 'users'))).isFile());
  t.is(await readFile(file, 'utf8'), 'alice:a\nbob:b\n');
});

test('edit credentials: hash-all hashes what is plain, and leaves hashes and comments', async (t) => {
  const hashed = transparentHash('b');
  const file = await withFile(t, `# head\nalice:a: 1\nbob:${hashed}\ncarol:c\n`);
  t.deepEqual(await hashAll(file, async (password) => transparentHash(password)), ['alice', 'carol']);
  t.is(
    await readFile(file, 'utf8'),
    `# head\nalice:${transparentHash('a: 1')}\nbob:${hashed}\ncarol:${transparentHash('c')}\n`,
  );
  t.deepEqual(await hashAll(file, async () => t.fail()), []);
});

test('edit credentials: hash-all of many users goes in steps', async (t) => {
  const users = Array.from({ length: 100 }, (_, at) => `u${at}`);
  const file = await withFile(t, users.map((user) => `${user}:${user}\n`).join(''));
  t.deepEqual(await hashAll(file, async (password) => transparentHash(password)), users);
});

test('edit credentials: a password changed while hash-all hashes is not lost', async (t) => {
  const file = await withFile(t, 'alice:old\n');
  let changed = false;
  await hashAll(file, async (password) => {
    if (!changed) {
      changed = true;
      await setSecret(file, 'alice', 'newer');
    }
    return transparentHash(password);
  });
  t.is(await readFile(file, 'utf8'), `alice:${transparentHash('newer')}\n`);
});

test('edit credentials: many edits at once in one process lose nothing', async (t) => {
  const file = await withFile(t, '# users\n');
  await Promise.all(Array.from({ length: 20 }, (_, at) => addUser(file, `u${at}`, 's')));
  t.is((await readFile(file, 'utf8')).split('\n').length, 22);
  t.deepEqual(await beside(file), []);
});

test('edit credentials: edits of two processes at once lose nothing', async (t) => {
  t.timeout(30_000);
  const file = await withFile(t, '# users\n');
  await Promise.all(['a', 'b'].map((prefix) => run(process.execPath, [EDITOR, 'add-many', file, prefix])));
  const users = (await readFile(file, 'utf8')).trim().split('\n').slice(1).sort();
  t.is(users.length, 40);
  t.is(new Set(users).size, 40);
  t.deepEqual(await beside(file), []);
});

test('edit credentials: a process killed in the middle leaves the old file, and its lock and leftovers are cleared', async (t) => {
  t.timeout(30_000);
  const file = await withFile(t, 'alice:a\n');
  const child = spawn(process.execPath, [EDITOR, 'stop-before-commit', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  t.is((await beside(file)).length, 2, 'a lock and a temporary file');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(await readFile(file, 'utf8'), 'alice:a\n');
  await addUser(file, 'bob', 'b');
  t.is(await readFile(file, 'utf8'), 'alice:a\nbob:b\n');
  t.deepEqual(await beside(file), []);
});

test('edit credentials: a write that the disk refuses half-way leaves the old file', async (t) => {
  t.timeout(30_000);
  if (process.platform === 'win32') {
    t.log('no ulimit on Windows');
    t.pass();
    return;
  }
  const content = `# ${'x'.repeat(4000)}\nalice:a\n`;
  const file = await withFile(t, content);
  // A limit on the size of files (in blocks of 512 or 1024 bytes) cuts the write short, as a full disk does.
  const limited = run('sh', ['-c', 'ulimit -f 2; exec "$0" "$@"', process.execPath, EDITOR, 'add', file, 'bob']);
  const error = await t.throwsAsync(limited);
  t.regex(String(Reflect.get(error ?? {}, 'stderr')), /EFBIG/);
  t.is(await readFile(file, 'utf8'), content);
  t.deepEqual(await beside(file), []);
});

test('edit credentials: what an editor saved in the middle of an edit is not lost', async (t) => {
  const file = await withFile(t, 'alice:a\n');
  let attempts = 0;
  await editCredentials(file, (accounts, lines) => {
    attempts += 1;
    if (attempts === 1) writeFileSync(file, 'alice:a\ncarol:c\n');
    lines.append(`count:${accounts.length}`);
  });
  t.is(await readFile(file, 'utf8'), 'alice:a\ncarol:c\ncount:2\n');
});

test('edit credentials: a file that somebody saves all the time is given up', async (t) => {
  const file = await withFile(t, '');
  let attempts = 0;
  const edit = editCredentials(file, (_accounts, lines) => {
    attempts += 1;
    writeFileSync(file, `# ${attempts}\n`);
    lines.append('bob:b');
  });
  await t.throwsAsync(edit, { instanceOf: AccountError, message: /changes all the time/ });
  t.is(await readFile(file, 'utf8'), `# ${attempts}\n`);
});

test('edit credentials: a lock stands before what was there, and unlocking restores it to the byte', async (t) => {
  const content = `# head\r\nalice:${transparentHash('a')}\r\nbob: plain:with \r\n`;
  const file = await withFile(t, content);
  await setLocked(file, 'alice', true);
  await setLocked(file, 'bob', true);
  t.is(await readFile(file, 'utf8'), content.replace('alice:', 'alice:!').replace('bob:', 'bob:!'));
  for (const [user, locked] of [
    ['alice', true],
    ['carol', true],
  ] as const) {
    await t.throwsAsync(setLocked(file, user, locked), { instanceOf: AccountError });
  }
  await setLocked(file, 'alice', false);
  await setLocked(file, 'bob', false);
  t.is(await readFile(file, 'utf8'), content);
  await t.throwsAsync(setLocked(file, 'bob', false), { instanceOf: AccountError, message: 'bob is not locked' });
});

test('edit credentials: a new password does not unlock, and neither does hashing', async (t) => {
  const file = await withFile(t, 'alice:!old\nbob:!\ncarol:!plain\n');
  await setSecret(file, 'alice', transparentHash('new'));
  t.deepEqual(await hashAll(file, async (password) => transparentHash(password)), ['carol']);
  t.is(await readFile(file, 'utf8'), `alice:!${transparentHash('new')}\nbob:!\ncarol:!${transparentHash('plain')}\n`);
  const empty = await t.throwsAsync(setLocked(file, 'bob', false), { instanceOf: AccountError });
  t.is(empty?.message, 'bob has no password: set one with: sshome user passwd bob');
});
