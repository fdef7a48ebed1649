// A right that is taken away is taken from what is open.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ownerPolicy } from '../../src/access/policy.ts';
import type { Rights } from '../../src/access/rights.ts';
import type { Decision } from '../../src/access/verdict.ts';
import { isFileError } from '../../src/model/error.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import type { Pace } from '../../src/operations/paces.ts';
import { IN_PLACE } from '../../src/storage/upload-policy.ts';
import { until } from '../helpers/until.ts';
import { deciding } from './deciding.ts';
import { aliceMay, openRuledHome } from './homes.ts';

const ALL = aliceMay('{ path: /, allow: [all] }');
const READING = aliceMay('{ path: /, allow: [list, download] }');
const NOTHING = aliceMay('{ path: /other, allow: [all] }');

async function isDenied(t: ExecutionContext, call: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(call);
  t.true(isFileError(error, 'permission-denied'), String(error));
  t.regex(error.message, /the right to it was taken away/);
}

test('revocation: an upload is cut off where it is; what came stays, and its close fails', async (t) => {
  const { files, folder, events, change } = await openRuledHome(t, ALL, []);
  const file = await files.open(at('/new'), { write: true, create: true });
  await file.write(Buffer.from('12345'), 0);
  t.is(change(READING), 1);
  await isDenied(t, file.write(Buffer.from('6'), 5));
  await isDenied(t, file.setAttributes({ sizeBytes: 0 }));
  await isDenied(t, file.stat());
  await isDenied(t, file.sync());
  await isDenied(t, file.space());
  await isDenied(t, file.close());
  t.is(await readFile(join(folder, 'new'), 'utf8'), '12345');
  t.deepEqual(
    events.map(({ event, path, outcome, bytes }) => ({ event, path, outcome, bytes })),
    [{ event: 'file.upload', path: '/new', outcome: 'permission-denied', bytes: 5 }],
  );
});

/** Everything goes when the test says so. */
function slowPace(): { pace: Pace; waiting: Array<() => void>; go: () => void } {
  const waiting: Array<() => void> = [];
  const wait = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const go = (): void => {
    for (const pass of waiting.splice(0)) pass();
  };
  return { pace: { upload: wait, download: wait }, waiting, go };
}

/*
 * What would be wrong: a file that is closed while a write waits for its pace is open for as long as that takes, and with
 * the rules out of sight the write would still be made, whatever they say by then. What this verifies: the right is taken
 * away, the close does not wait for the pace any more, and nothing is written when its time has come.
 */
test('revocation: what waits for its pace is not written any more, though the file is being closed', async (t) => {
  const slow = slowPace();
  const { files, folder, events, change } = await openRuledHome(t, ALL, [], IN_PLACE, slow.pace);
  const file = await files.open(at('/new'), { write: true, create: true });
  const first = file.write(Buffer.from('12345'), 0);
  slow.go();
  await first;
  const late = file.write(Buffer.from('67890'), 5);
  const closing = file.close();
  t.is(change(READING), 1);
  await isDenied(t, closing);
  slow.go();
  await isDenied(t, late);
  t.is(await readFile(join(folder, 'new'), 'utf8'), '12345');
  t.like(events[0], { event: 'file.upload', bytes: 5, outcome: 'permission-denied' });
});

test('revocation: what was read and waits for its pace is not handed out any more', async (t) => {
  const slow = slowPace();
  const { files, change } = await openRuledHome(t, ALL, ['file'], IN_PLACE, slow.pace);
  const file = await files.open(at('/file'), { read: true });
  const reading = file.read(Buffer.alloc(4), 0);
  await until(() => slow.waiting.length === 1);
  t.is(change(NOTHING), 1);
  slow.go();
  await isDenied(t, reading);
  await file.close();
});

test('revocation: an atomic upload does not get its name', async (t) => {
  const uploads = { mode: 'atomic', sync: 'off', keepMs: 1000 } as const;
  const { files, folder, change } = await openRuledHome(t, ALL, ['old'], uploads);
  const file = await files.open(at('/old'), { write: true, create: true, truncate: true });
  await file.write(Buffer.from('12345'), 0);
  change(READING);
  await isDenied(t, file.close());
  t.is(await readFile(join(folder, 'old'), 'utf8'), 'old');
});

test('revocation: a download ends, and its close is no failure', async (t) => {
  const { files, events, change } = await openRuledHome(t, ALL, ['file']);
  const file = await files.open(at('/file'), { read: true });
  t.is(await file.read(Buffer.alloc(2), 0), 2);
  t.is(change(aliceMay('{ path: /, allow: [list, upload, overwrite] }')), 1);
  await isDenied(t, file.read(Buffer.alloc(2), 2));
  await t.notThrowsAsync(file.close());
  t.like(events[0], { event: 'file.download', bytes: 2, outcome: 'permission-denied' });
});

test('revocation: a list ends', async (t) => {
  const { files, change } = await openRuledHome(t, ALL, ['a', 'b']);
  const directory = await files.list(at('/'));
  t.is((await directory.read(1)).length, 1);
  t.is(change(aliceMay('{ path: /, allow: [download] }')), 1);
  await isDenied(t, directory.read(1));
  await isDenied(t, directory.stat());
  await t.notThrowsAsync(directory.close());
});

test('revocation: what is still allowed goes on, and what is closed is not looked at again', async (t) => {
  const { files, change } = await openRuledHome(t, ALL, ['file', 'other/file']);
  const closed = await files.open(at('/file'), { read: true });
  await closed.close();
  const [reading, writing, both, other] = await Promise.all([
    files.open(at('/file'), { read: true }),
    files.open(at('/file'), { write: true }),
    files.open(at('/file'), { read: true, write: true }),
    files.open(at('/other/file'), { read: true, write: true }),
  ]);
  t.is(change(aliceMay('{ path: /, allow: [list, download] }, { path: /other, allow: [overwrite] }')), 2);
  t.is(await reading.read(Buffer.alloc(9), 0), 4);
  await isDenied(t, writing.write(Buffer.from('x'), 0));
  await isDenied(t, both.read(Buffer.alloc(9), 0));
  t.is(await other.read(Buffer.alloc(99), 0), 10);
  t.is(change(NOTHING), 1);
  await isDenied(t, reading.read(Buffer.alloc(9), 0));
  t.is(await other.read(Buffer.alloc(99), 0), 10);
  await reading.close();
  await other.close();
});

test('revocation: a file that was made needs the right to upload, one that was there the right to overwrite', async (t) => {
  const { files, change } = await openRuledHome(t, ALL, ['old']);
  const made = await files.open(at('/new'), { write: true, create: true });
  const old = await files.open(at('/old'), { write: true, create: true });
  t.is(change('users: { alice: { roles: [dropbox] } }'), 1);
  await t.notThrowsAsync(made.write(Buffer.from('x'), 0));
  await isDenied(t, old.write(Buffer.from('x'), 0));
  await made.close();
});

test('revocation: a path that belongs to another tree now is another thing', async (t) => {
  const shared = 'folders: { f: { grants: [{ role: owner, users: [alice] }] } }';
  const { files, change } = await openRuledHome(t, shared, ['shared/f/x']);
  const file = await files.open(at('/shared/f/x'), { read: true });
  const directory = await files.list(at('/shared/f'));
  // Without the folder the same path is in the home, where alice may do all.
  t.is(change(''), 2);
  await isDenied(t, file.read(Buffer.alloc(1), 0));
  await isDenied(t, directory.read(1));
});

test('revocation: a copy under way ends, and what it had made is as after any failure', async (t) => {
  const { files, folder, change } = await openRuledHome(t, ALL, ['big']);
  const file = await files.open(at('/big'), { write: true });
  await file.setAttributes({ sizeBytes: 64 * 1024 * 1024 });
  await file.close();
  const copying = files.copy(at('/big'), at('/copy'));
  // The first chunk is under way when the target is there.
  while (!(await readdir(folder)).includes('copy')) await Promise.resolve();
  t.is(change(READING), 1);
  await isDenied(t, copying);
  t.true((await readFile(join(folder, 'copy'))).length < 64 * 1024 * 1024);
});

/**
 * What was wrong: a copy inside the server went on to its end, for hours if it was large, when its session had ended: so
 * did that of a user who was locked or removed, or whose session was killed.
 * How reached: `copy` of a large file in the shell, and the end of the connection.
 * What this verifies: it ends with the channel, and what it had made is as after any failure.
 */
test('revocation: a copy under way ends with its channel', async (t) => {
  const { files, folder, storage } = await openRuledHome(t, ALL, ['big']);
  const file = await files.open(at('/big'), { write: true });
  await file.setAttributes({ sizeBytes: 64 * 1024 * 1024 });
  await file.close();
  const channel = new AbortController();
  const events: AuditEvent[] = [];
  const copying = createOperations({ policy: ownerPolicy, audit: (event) => events.push(event) })
    .as({
      identity: { user: 'alice' },
      origin: { sessionId: 's1', address: '127.0.0.1' },
      face: 'exec',
      storage,
      signal: channel.signal,
    })
    .copy(at('/big'), at('/copy'));
  while (!(await readdir(folder)).includes('copy')) await Promise.resolve();
  channel.abort();
  t.true(isFileError(await t.throwsAsync(copying), 'cancelled'));
  t.true((await readFile(join(folder, 'copy'))).length < 64 * 1024 * 1024);
  t.like(events, [{ event: 'file.copy', outcome: 'cancelled' }]);
});

test('revocation: rules that change while something is being opened count for it', async (t) => {
  const { storage, folder } = await openRuledHome(t, ALL, ['file', 'folder/x']);
  const rightsBy = (decision: Decision): Rights => deciding(() => decision)({ user: 'alice' });
  const events: AuditEvent[] = [];
  let current: Rights;
  const allowing: Rights = {
    ...rightsBy('allow'),
    decide: () => {
      queueMicrotask(() => {
        current = rightsBy('deny');
      });
      return 'allow';
    },
  };
  const operations = createOperations({ policy: () => current, audit: (event) => events.push(event) });
  const origin = { sessionId: 's1', address: '127.0.0.1' };
  const files = operations.as({ identity: { user: 'alice' }, origin, face: 'sftp', storage });
  for (const call of [
    () => files.open(at('/file'), { read: true }),
    () => files.list(at('/folder')),
    () => files.open(at('/new'), { write: true, create: true }),
  ]) {
    current = allowing;
    await isDenied(t, call());
  }
  t.is(await readFile(join(folder, 'new'), 'utf8'), '', 'the permit was not asked first');
  t.like(events, [{ outcome: 'permission-denied' }, { outcome: 'permission-denied' }]);
});

/*
 * What was wrong: between the last look at the rules and the entry among what is open the answer of a promise was waited
 * for: rules that changed just then saw no file, and it stayed open.
 * How reached: an edit of the rules that is read at that moment.
 * What this verifies: it is closed as what was open before.
 */
test('revocation: rules that change right after something was opened count for it', async (t) => {
  const { storage } = await openRuledHome(t, ALL, ['file', 'folder/x']);
  const rightsBy = (decision: Decision): Rights => deciding(() => decision)({ user: 'alice' });
  const allowing = rightsBy('allow');
  let current = allowing;
  let asked = 0;
  let revoked = 0;
  const policy = (): Rights => {
    asked += 1;
    // The permit asks for what to grant and what is allowed; the third time whether it still is.
    if (asked === 3) {
      queueMicrotask(() => {
        current = rightsBy('deny');
        revoked = operations.recheck();
      });
    }
    return current;
  };
  const operations = createOperations({ policy, audit: () => undefined });
  const origin = { sessionId: 's1', address: '127.0.0.1' };
  const files = operations.as({ identity: { user: 'alice' }, origin, face: 'sftp', storage });
  for (const open of [() => files.open(at('/file'), { read: true }), () => files.list(at('/folder'))]) {
    [current, revoked] = [allowing, 0];
    // Whether anything is hidden is asked before.
    asked = -1;
    const opened = await open();
    t.is(revoked, 1);
    await isDenied(t, opened.stat());
    await opened.close();
  }
});
