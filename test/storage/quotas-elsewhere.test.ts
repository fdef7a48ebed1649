// Quotas where sessions are in several processes: what they pay ahead, what one leaves that is killed, and when counting
// begins in all of them.

import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import type { OpenFile } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import type { MeterSwitch } from '../../src/storage/keeper.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { until } from '../helpers/until.ts';
import { ALICE, type CountedTrees, makeTrees, NO_LIMIT, usageOnDisk } from './counted-trees.ts';

const allow = (): void => undefined;
const ONE_FILE = { bytes: 0, files: 1 };
/** So much is free while it is paid ahead: sixteen times as much. */
const AHEAD = { quota: { bytes: 100_000, files: undefined }, processes: 2, aheadBytes: 1000 };
/** A process that does as it is told. */
const DOCILE: MeterSwitch = { turn: async () => undefined, takeBack: async (_, inodes) => inodes.map(() => undefined) };

function open(storage: Storage, path: string): Promise<OpenFile> {
  return storage.open(at(path), { write: true, create: true }, allow);
}

async function agree(trees: CountedTrees): Promise<boolean> {
  const [counted, there] = [await trees.used(), await usageOnDisk(trees.home)];
  return counted?.bytes === there.bytes && counted.files === there.files;
}

test('quota elsewhere: what is paid ahead is written without asking, and given back at the close', async (t) => {
  const trees = await makeTrees(t, AHEAD);
  const file = await open(await trees.session(), '/a');
  await file.write(Buffer.alloc(10), 0);
  t.deepEqual(await trees.used(), { bytes: 1010, files: 1 });
  const before = trees.elsewhere[0]?.messages();
  for (let offset = 10; offset < 1010; offset += 100) await file.write(Buffer.alloc(100), offset);
  t.is(trees.elsewhere[0]?.messages(), before);
  await file.write(Buffer.alloc(1), 1010);
  t.not(trees.elsewhere[0]?.messages(), before);
  await file.close();
  t.deepEqual(await trees.used(), { bytes: 1011, files: 1 });
});

test('quota elsewhere: nobody is refused for what another process holds and does not use', async (t) => {
  const trees = await makeTrees(t, AHEAD);
  const [one, other] = [await trees.session(), await trees.session()];
  const idle = await open(one, '/idle');
  await idle.write(Buffer.alloc(10), 0);
  const file = await open(other, '/large');
  await file.write(Buffer.alloc(99_990), 0);
  t.deepEqual(await trees.used(), { bytes: 100_000, files: 2 });
  await t.throwsAsync(file.write(Buffer.alloc(1), 99_990), { instanceOf: FileError, code: 'quota-exceeded' });
  await t.throwsAsync(idle.write(Buffer.alloc(1), 10), { instanceOf: FileError, code: 'quota-exceeded' });
  await idle.write(Buffer.alloc(10, 'x'), 0);
  await Promise.allSettled([idle.close(), file.close()]);
  t.true(await agree(trees));
});

test('quota elsewhere: two processes that write one file pay for it once, though one had paid ahead', async (t) => {
  const trees = await makeTrees(t, AHEAD);
  const [one, other] = [await trees.session(), await trees.session()];
  const first = await open(one, '/a');
  await first.write(Buffer.alloc(10), 0);
  const second = await open(other, '/a');
  t.deepEqual(await trees.used(), { bytes: 10, files: 1 }, 'it has been given back');
  await Promise.all([first.write(Buffer.alloc(500), 10), second.write(Buffer.alloc(800), 100)]);
  t.deepEqual(await trees.used(), { bytes: 900, files: 1 });
  await first.close();
  await second.close();
  t.true(await agree(trees));
});

test('quota elsewhere: of a process that is killed the lock comes free, and what it made is found', async (t) => {
  const trees = await makeTrees(t, { quota: { bytes: 1000, files: 10 } });
  const storage = await trees.session();
  await (await open(storage, '/a')).close();
  const tenant = trees.quotas.admit(ALICE, DOCILE, true);
  await tenant.lock();
  t.is(await tenant.take(ONE_FILE), undefined);
  await writeFile(join(trees.home, 'made'), Buffer.alloc(300));
  const waiting = open(storage, '/b');
  const asking = tenant.lock();
  await tenant.end();
  await asking;
  await (await waiting).close();
  await until(() => agree(trees));
  t.deepEqual(await trees.used(), { bytes: 300, files: 3 });
});

/*
 * What was wrong: a process was killed when it had taken a file's last name, and had not said so. Another had it open.
 * How it was reached: the file was counted as one that is there, for ever, once the other had written to it.
 * What this verifies: it counts while it is open, and no longer.
 */
test('quota elsewhere: in a process that can ask nothing more, what asks for an upload gets its answer', async (t) => {
  const uploads = { mode: 'atomic', sync: 'off', keepMs: 60_000 } as const;
  const trees = await makeTrees(t, { ...AHEAD, uploads });
  const storage = await trees.session();
  const file = await open(storage, '/a');
  const gone = trees.elsewhere[0];
  const closed = t.throwsAsync(file.close());
  const asked = t.throwsAsync(storage.setAttributes(at('/a'), { sizeBytes: 5 }, true, allow));
  gone?.cut();
  await closed;
  await asked;
  await t.throwsAsync(storage.stat(at('/a'), true, allow), { instanceOf: FileError, code: 'not-found' });
  await gone?.gone();
  await trees.quotas.scan(ALICE);
  t.true(await agree(trees));
});

test('quota elsewhere: a name that a killed process took away counts until the others have closed the file', async (t) => {
  const trees = await makeTrees(t, { quota: { bytes: 1000, files: 10 } });
  const storage = await trees.session();
  const file = await open(storage, '/a');
  await file.write(Buffer.alloc(100), 0);
  const stats = await stat(join(trees.home, 'a'));
  const inode = `${stats.dev}:${stats.ino}`;
  const tenant = trees.quotas.admit(ALICE, DOCILE, true);
  await tenant.lock();
  await tenant.hold(inode);
  await tenant.beginReplacing(undefined, inode, true);
  await rm(join(trees.home, 'a'));
  await tenant.end();
  t.deepEqual(await trees.quotas.scan(ALICE), { bytes: 100, files: 1 });
  await file.write(Buffer.alloc(100), 100);
  t.deepEqual(await trees.used(), { bytes: 200, files: 1 });
  await file.close();
  t.deepEqual(await trees.used(), { bytes: 0, files: 0 });
});

test('quota elsewhere: nothing is counted before each process tells of what it changes', async (t) => {
  const trees = await makeTrees(t, { quota: NO_LIMIT });
  const storage = await trees.session();
  await (await open(storage, '/a')).close();
  let turned = (): void => undefined;
  const turns: boolean[] = [];
  const slow: MeterSwitch = {
    ...DOCILE,
    turn: (_, isCounting) => {
      turns.push(isCounting);
      return new Promise((resolve) => {
        turned = resolve;
      });
    },
  };
  trees.quotas.admit(ALICE, slow, false);
  trees.limits.quota = { bytes: 1000, files: 10 };
  trees.quotas.limitsChanged();
  let isOpen = false;
  const opening = open(storage, '/b').then((file) => {
    isOpen = true;
    return file.close();
  });
  await until(() => turns.length === 1);
  await writeFile(join(trees.home, 'untold'), Buffer.alloc(200));
  t.false(isOpen);
  turned();
  await opening;
  t.deepEqual(turns, [true]);
  t.deepEqual(await trees.used(), { bytes: 200, files: 3 });
});

test('quota elsewhere: a process that comes late to know of a quota has the tree counted anew', async (t) => {
  const trees = await makeTrees(t, { quota: { bytes: 1000, files: 10 } });
  await (await open(await trees.session(), '/a')).close();
  t.deepEqual(await trees.used(), { bytes: 0, files: 1 });
  await writeFile(join(trees.home, 'untold'), Buffer.alloc(200));
  trees.quotas.admit(ALICE, DOCILE, false);
  await until(() => agree(trees));
  t.deepEqual(await trees.used(), { bytes: 200, files: 2 });
});
