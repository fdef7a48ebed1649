import { chmod, chown, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { FileLockedError, withFileLock } from '../../src/accounts/file-lock.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { needs, type ProgramResult, runProgram } from '../helpers/program.ts';

async function lockOf(t: ExecutionContext, content?: object | string) {
  const folder = await temporaryFolder(t);
  const lockFile = join(folder, '.users.lock');
  if (content !== undefined) {
    await writeFile(lockFile, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { folder, file: join(folder, 'users'), lockFile };
}

/** A pid that no process has. */
const NOBODY = 2 ** 22 + 1;
/** The account `nobody` of Debian and of most others. */
const NOBODYS_NUMBER = 65_534;

test('file lock: one action at a time, and the lock is gone after them', async (t) => {
  const { folder, file } = await lockOf(t);
  let inside = 0;
  const most: number[] = [];
  await Promise.all(
    Array.from({ length: 10 }, () =>
      withFileLock(file, async () => {
        inside += 1;
        most.push(inside);
        await readdir(folder);
        inside -= 1;
      }),
    ),
  );
  t.deepEqual(most, Array(10).fill(1));
  t.deepEqual(await readdir(folder), []);
});

test('file lock: an action that fails lets go', async (t) => {
  const { file } = await lockOf(t);
  await t.throwsAsync(
    withFileLock(file, () => Promise.reject(new Error('boom'))),
    { message: 'boom' },
  );
  t.is(await withFileLock(file, async () => 'free'), 'free');
});

/*
 * A lock that root had made could not be read by a server of another account, which took that for a failing disk: a login
 * with a one-time code was refused, a change of a password failed with an internal error.
 * Reached by `sudo sshome user totp recovery bob` in the moment that bob logs in.
 * Verifies that such a lock is one whose holder is not known: waited for, and taken over when it is a minute old.
 */
test('file lock: one that another account made, and that can not be read, is a lock like any other', async (t) => {
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can become another user');
    t.pass();
    return;
  }
  if (!(await needs(t, { setpriv: 'util-linux' }))) return;
  const { folder, file, lockFile } = await lockOf(t, {
    pid: process.pid,
    host: hostname(),
    started: '',
    token: 'root',
  });
  await chmod(lockFile, 0o600);
  await chown(folder, NOBODYS_NUMBER, NOBODYS_NUMBER);
  const program = fileURLToPath(new URL('file-lock-program.js', import.meta.url));
  const become = [`--reuid=${NOBODYS_NUMBER}`, `--regid=${NOBODYS_NUMBER}`, '--clear-groups'];
  const ask = (waitMs: number): Promise<ProgramResult> =>
    runProgram(t, 'setpriv', [...become, process.execPath, program, file, String(waitMs)]);
  const waited = await ask(50);
  t.regex(waited.stderr, /FileLockedError: somebody else is editing this \(nobody known\)/);
  const old = new Date(Date.now() - 120_000);
  await utimes(lockFile, old, old);
  t.is((await ask(10_000)).stdout.toString(), 'locked\n');
  t.deepEqual(await readdir(folder), []);
});

/*
 * To let go of a lock, it was read: with no descriptor left that failed, and the lock was held until the server was started
 * again. Nobody could change a password any more, or log in with a code.
 * Reached by an edit at a moment when the server was out of descriptors.
 * Verifies that the lock is gone after an action that ends in such a moment.
 */
test('file lock: it is let go of with no descriptor left', async (t) => {
  if (!(await needs(t, { prlimit: 'util-linux' }))) return;
  const { folder, file } = await lockOf(t);
  await writeFile(file, '');
  const program = fileURLToPath(new URL('file-lock-program.js', import.meta.url));
  const words = ['--nofile=64', process.execPath, program, file, '1000', 'starve'];
  const { status, stdout, stderr } = await runProgram(t, 'prlimit', words);
  t.is(stdout.toString(), 'locked\nEMFILE\n', stderr);
  t.is(status, 0, stderr);
  t.deepEqual(await readdir(folder), ['users']);
});

test('file lock: who waits too long is told who holds it and where', async (t) => {
  const { file, lockFile } = await lockOf(t);
  await withFileLock(file, async () => {
    const error = await t.throwsAsync(
      withFileLock(file, async () => t.fail(), 30),
      { instanceOf: FileLockedError },
    );
    t.is(error?.lockFile, lockFile);
    t.true(error?.message.includes(`process ${process.pid} on ${hostname()}`));
  });
});

test('file lock: the lock of a process that is gone is taken over, by one of those who wait', async (t) => {
  const { folder, file } = await lockOf(t, { pid: NOBODY, host: hostname(), started: '1', token: 'old' });
  let inside = 0;
  const actions = Array.from({ length: 5 }, () =>
    withFileLock(file, async () => {
      inside += 1;
      t.is(inside, 1);
      await readdir(folder);
      inside -= 1;
    }),
  );
  await Promise.all(actions);
  t.deepEqual(await readdir(folder), []);
});

test('file lock: a pid that has come back as another process does not keep the lock', async (t) => {
  const { file } = await lockOf(t, { pid: process.pid, host: hostname(), started: 'long ago', token: 'old' });
  t.is(await withFileLock(file, async () => 'mine'), 'mine');
});

test('file lock: a lock of another machine is kept while it is young, and taken over when it is old', async (t) => {
  const { file, lockFile } = await lockOf(t, { pid: 1, host: 'elsewhere.invalid', started: '1', token: 'theirs' });
  await t.throwsAsync(
    withFileLock(file, async () => t.fail(), 30),
    { instanceOf: FileLockedError },
  );
  t.regex(await readFile(lockFile, 'utf8'), /theirs/);
  const old = new Date(Date.now() - 120_000);
  await utimes(lockFile, old, old);
  t.is(await withFileLock(file, async () => 'mine'), 'mine');
});

for (const content of ['', '{', 'null', '[]', '{"pid":"x"}']) {
  test(`file lock: a lock that holds ${JSON.stringify(content)} is kept while young, and taken over when old`, async (t) => {
    const { file, lockFile } = await lockOf(t, content);
    await t.throwsAsync(
      withFileLock(file, async () => t.fail(), 30),
      { instanceOf: FileLockedError },
    );
    const old = new Date(Date.now() - 120_000);
    await utimes(lockFile, old, old);
    t.is(await withFileLock(file, async () => 'mine'), 'mine');
  });
}
