import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type AccountChange, type AccountStore, openAccountStore } from '../../src/accounts/account-store.ts';
import { CredentialsError } from '../../src/accounts/load-credentials.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { recordingLog, transparentHash } from './fixtures.ts';

const HASHED = `alice:${transparentHash('a')}\nbob:${transparentHash('b')}\n`;

async function openStore(t: ExecutionContext, content: string, options: { settleMs?: number } = {}) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'id_passwd.txt');
  await writeFile(file, content, { mode: 0o600 });
  const log = recordingLog();
  const store = await openAccountStore({ file, log, pollMs: 20, settleMs: 10, ...options });
  t.teardown(() => store.close());
  return { folder, file, log, store };
}

function nextChange(store: AccountStore): Promise<AccountChange> {
  return new Promise((resolve) => {
    const stop = store.onChange((change) => {
      stop();
      resolve(change);
    });
  });
}

test('account store: finds users by their exact names', async (t) => {
  const { store } = await openStore(t, `${HASHED}__proto__:x\n`);
  t.is(store.find('alice')?.user, 'alice');
  t.is(store.find('__proto__')?.secret, 'x');
  for (const name of ['Alice', 'constructor', 'hasOwnProperty', 'toString', '', 'alice\n']) {
    t.is(store.find(name), undefined);
  }
});

test('account store: a missing file stops the start, and says how to make one', async (t) => {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  const error = await t.throwsAsync(openAccountStore({ file, log: recordingLog() }), { instanceOf: CredentialsError });
  t.is(error?.message, `${file}: there is no such file; make one with: sshome user add NAME`);
});

test('account store: a wrong file stops the start with every file:line at once', async (t) => {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  await writeFile(file, 'alice:a\nnothing\n../x:y\n', { mode: 0o600 });
  const error = await t.throwsAsync(openAccountStore({ file, log: recordingLog() }), { instanceOf: CredentialsError });
  const lines = error?.message.split('\n') ?? [];
  t.is(lines.length, 2);
  t.true(lines[0]?.startsWith(`${file}:2: there is no colon`));
  t.true(lines[1]?.startsWith(`${file}:3: this user name is not allowed`));
});

test('account store: a file that others can write is refused with the command that mends it', async (t) => {
  const file = join(await temporaryFolder(t), 'id_passwd.txt');
  await writeFile(file, HASHED);
  await chmod(file, 0o606);
  const error = await t.throwsAsync(openAccountStore({ file, log: recordingLog() }), { instanceOf: CredentialsError });
  t.regex(error?.message ?? '', /chmod go-w /);
});

test('account store: a folder in place of the file is refused', async (t) => {
  const file = await temporaryFolder(t);
  await t.throwsAsync(openAccountStore({ file, log: recordingLog() }), { instanceOf: CredentialsError });
});

test('account store: plain passwords make one warning, which counts them and names the command', async (t) => {
  const { log } = await openStore(t, `${HASHED}user1:password1\nuser2:password2\n`);
  t.is(log.lines.length, 1);
  t.regex(log.lines[0] ?? '', /^warn: 2 passwords stand in id_passwd\.txt as plain text.*sshome user hash-all/);
});

test('account store: the warning says so when others can read the plain passwords', async (t) => {
  const { file, log } = await openStore(t, HASHED);
  t.deepEqual(log.lines, [], 'no plain password, no warning');
  await writeFile(file, 'user1:password1\n');
  await chmod(file, 0o644);
  await log.seen('other users of this machine can read them: chmod go-rwx id_passwd.txt');
});

test('account store: an added user is found without restart', async (t) => {
  t.timeout(10_000);
  const { file, store } = await openStore(t, HASHED);
  const change = nextChange(store);
  await writeFile(file, `${HASHED}carol:${transparentHash('c')}\n`);
  t.deepEqual(await change, { added: ['carol'], removed: [], locked: [], changed: [] });
  t.is(store.find('carol')?.user, 'carol');
});

test('account store: a removed user and a changed secret are told, by a file put in place of the old', async (t) => {
  t.timeout(10_000);
  const { folder, file, store } = await openStore(t, HASHED);
  const change = nextChange(store);
  await writeFile(join(folder, 'new'), `bob:${transparentHash('other')}\n`, { mode: 0o600 });
  await rename(join(folder, 'new'), file);
  t.deepEqual(await change, { added: [], removed: ['alice'], locked: [], changed: ['bob'] });
  t.is(store.find('alice'), undefined);
});

test('account store: a broken edit keeps the last good state and logs the line; mending it counts', async (t) => {
  t.timeout(10_000);
  const { file, log, store } = await openStore(t, HASHED);
  await writeFile(file, `${HASHED}broken line\n`);
  await log.seen('error: id_passwd.txt:3: there is no colon');
  t.is(store.accounts.length, 2);
  const change = nextChange(store);
  await writeFile(file, `${HASHED}carol:${transparentHash('c')}\n`);
  t.deepEqual((await change).added, ['carol']);
});

test('account store: a file that is gone keeps the last good state, until it is back', async (t) => {
  t.timeout(10_000);
  const { file, log, store } = await openStore(t, HASHED);
  await rm(file);
  await log.seen('error: id_passwd.txt: the file is gone');
  t.is(store.find('alice')?.user, 'alice');
  const change = nextChange(store);
  await writeFile(file, `alice:${transparentHash('a')}\n`, { mode: 0o600 });
  t.deepEqual((await change).removed, ['bob']);
});

test('account store: a file that others can write by now does not count', async (t) => {
  t.timeout(10_000);
  const { file, log, store } = await openStore(t, HASHED);
  await chmod(file, 0o666);
  await log.seen('chmod go-w');
  await writeFile(file, `mallory:${transparentHash('m')}\n`);
  await store.reload();
  t.is(store.find('mallory'), undefined);
  t.is(store.find('alice')?.user, 'alice');
});

test('account store: a change behind a link is seen, which the folder does not report', async (t) => {
  t.timeout(10_000);
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'elsewhere'));
  const target = join(folder, 'elsewhere', 'users');
  await writeFile(target, HASHED, { mode: 0o600 });
  const file = join(folder, 'id_passwd.txt');
  await symlink(target, file);
  const store = await openAccountStore({ file, log: recordingLog(), pollMs: 20, settleMs: 10 });
  t.teardown(() => store.close());
  const change = nextChange(store);
  await writeFile(target, `alice:${transparentHash('a')}\n`);
  t.deepEqual((await change).removed, ['bob']);
});

test('account store: an editor that empties the file before it writes removes nobody', async (t) => {
  t.timeout(10_000);
  const { file, store } = await openStore(t, HASHED, { settleMs: 300 });
  const change = nextChange(store);
  await writeFile(file, '');
  await setImmediate();
  await writeFile(file, `${HASHED}carol:${transparentHash('c')}\n`);
  t.deepEqual(await change, { added: ['carol'], removed: [], locked: [], changed: [] });
});

test('account store: reload takes the file at once, and an edit that changes no user tells nobody', async (t) => {
  const { file, store } = await openStore(t, HASHED, { settleMs: 5_000 });
  const changes: AccountChange[] = [];
  store.onChange((change) => changes.push(change));
  await writeFile(file, `# a comment\n${HASHED}`);
  await store.reload();
  t.deepEqual(changes, []);
  await writeFile(file, '');
  await store.reload();
  t.deepEqual(changes, [{ added: [], removed: ['alice', 'bob'], locked: [], changed: [] }]);
});

test('account store: a listener that fails is logged, and the others are told', async (t) => {
  const { file, log, store } = await openStore(t, HASHED);
  store.onChange(() => {
    throw new Error('boom');
  });
  const change = nextChange(store);
  await writeFile(file, '# nobody\n');
  await store.reload();
  t.deepEqual((await change).removed, ['alice', 'bob']);
  t.true(log.lines.some((line) => line.startsWith('unexpected:') && line.includes('boom')));
});

test('account store: who is locked is told once, who is unlocked has changed', async (t) => {
  t.timeout(10_000);
  const { folder, file, store } = await openStore(t, HASHED);
  // In one step: a busy machine can rest for long between the emptying of a file and the writing.
  const replace = async (content: string): Promise<void> => {
    await writeFile(join(folder, 'new'), content, { mode: 0o600 });
    await rename(join(folder, 'new'), file);
  };
  const locked = nextChange(store);
  await replace(HASHED.replace('alice:', 'alice:!'));
  t.deepEqual(await locked, { added: [], removed: [], locked: ['alice'], changed: [] });
  t.true(store.find('alice')?.locked);
  const other = nextChange(store);
  await replace(`${HASHED.replace('alice:', 'alice:!')}carol:!x\n`);
  t.deepEqual(await other, { added: ['carol'], removed: [], locked: [], changed: [] });
  const unlocked = nextChange(store);
  await replace(HASHED);
  t.deepEqual(await unlocked, { added: [], removed: ['carol'], locked: [], changed: ['alice'] });
});

// What was wrong: close() did not wait for a file that was being read. The log was closed meanwhile, and what the reader said
// then made "the log can't be written: write after end" at the end of a server.
// How reached: id_passwd.txt changes in the moment in which the server stops.
// This verifies: nothing is read and nothing logged after close() has resolved.
test('account store: is closed when nothing is read any more', async (t) => {
  const { file, log, store } = await openStore(t, HASHED);
  await writeFile(file, `${HASHED}carol:${transparentHash('c')}\n`, { mode: 0o600 });
  const reading = store.reload();
  await store.close();
  t.true(log.lines.includes('info: the users have changed'));
  const { length } = log.lines;
  await reading;
  t.is(log.lines.length, length);
});
