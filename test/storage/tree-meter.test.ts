// The meter of one tree: when counting begins, ends and begins again while people work.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { OpenFile } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import type { Usage } from '../../src/model/usage.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { TreeLedger } from '../../src/storage/tree-ledger.ts';
import { TreeMeter } from '../../src/storage/tree-meter.ts';
import { Turns } from '../../src/storage/turns.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const allow = (): void => undefined;

interface Counted {
  readonly meter: TreeMeter;
  readonly ledger: TreeLedger;
  turnOn(): void;
  turnOff(): Promise<void>;
}

/** A tree in which a walk finds only what is open. */
function makeTree(count = async (): Promise<Usage> => ({ bytes: 0, files: 0 })): Counted {
  const meters: TreeMeter[] = [];
  const ledger = new TreeLedger({
    quota: () => ({ bytes: 1000, files: 10 }),
    store: { load: async () => undefined, save: async () => undefined, drop: async () => undefined },
    count,
    allCount: async () => void (await Promise.all(meters.map(({ turning }) => turning))),
  });
  const meter = new TreeMeter(ledger);
  meters.push(meter);
  return {
    meter,
    ledger,
    turnOn: () => {
      ledger.turnOn();
      meter.turnOn();
    },
    turnOff: async () => {
      meter.turnOff();
      await ledger.turnOff();
    },
  };
}

/**
 * What was wrong: who waited for the end of what was not counted was forgotten when another one came to wait, and waited
 * for ever; and nobody could change the tree any more.
 * How reached: a quota is set, taken away and set again while something slow is done in the tree.
 * What this verifies: all who wait go on when it is done.
 */
test('meter: when counting begins twice while something is under way, all who wait for it go on', async (t) => {
  const { meter, ledger, turnOn, turnOff } = makeTree();
  let end = (): void => undefined;
  const slow = meter.exclusively(() => new Promise<void>((resolve) => (end = resolve)));
  turnOn();
  const change = meter.exclusively(async () => 'changed');
  const account = ledger.account();
  await turnOff();
  turnOn();
  end();
  await slow;
  t.is(await change, 'changed');
  t.is((await account).used.files, 0);
  t.is(await meter.exclusively(async () => 'changed'), 'changed');
});

/** A file of alice's, and turns of which there is one. */
async function openCounted(
  t: ExecutionContext,
  meter: TreeMeter,
): Promise<{ file: OpenFile; inode: string; turns: Turns; storage: Storage; host: string }> {
  const turns = new Turns(1);
  const homesDirectory = await temporaryFolder(t);
  const partsOn = () => ({ turns, meter });
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held', partsOn });
  t.teardown(() => storage.close());
  const file = await storage.open(at('/a'), { write: true, create: true }, allow);
  const host = join(homesDirectory, 'alice', 'a');
  const { dev, ino } = await stat(host);
  return { file, inode: `${dev}:${ino}`, turns, storage, host };
}

/**
 * What was wrong: the same with one open file: its writes and its close waited for ever.
 * How reached: a quota is set, taken away and set again while a write is under way on a slow disk.
 * What this verifies: they go on, and what they have written is counted.
 */
test('meter: a file with a write under way is counted, when counting has begun twice meanwhile', async (t) => {
  const { meter, ledger, turnOn, turnOff } = makeTree();
  const { file, inode, turns } = await openCounted(t, meter);
  turns.take(() => undefined);
  const first = file.write(Buffer.alloc(10), 0);
  turnOn();
  const second = file.write(Buffer.alloc(10), 10);
  // It waits for that by then.
  await nextTurn();
  await turnOff();
  turnOn();
  turns.end();
  await Promise.all([first, second]);
  await file.write(Buffer.alloc(10), 20);
  await meter.turning;
  t.is(ledger.paidFor(inode), 30);
  await file.close();
  t.is(ledger.paidFor(inode), undefined);
  t.true(meter.isIdle);
});

/**
 * What was wrong: whether a size that was set by path was to be counted was asked before its turn, and nobody who began to
 * count waited for it: it grew uncounted.
 * How reached: a quota is set while SETSTAT of a size waits for the disk.
 * What this verifies: nothing is counted before it is over, and then it is counted.
 */
test('meter: a size that is set by path when counting begins is counted', async (t) => {
  let host = '';
  let walks = 0;
  const { meter, ledger, turnOn } = makeTree(async () => {
    walks += 1;
    return { bytes: (await stat(host)).size, files: 1 };
  });
  const opened = await openCounted(t, meter);
  host = opened.host;
  await opened.file.close();
  opened.turns.take(() => undefined);
  const resized = opened.storage.setAttributes(at('/a'), { sizeBytes: 500 }, true, allow);
  turnOn();
  const account = ledger.account();
  await nextTurn();
  await nextTurn();
  t.is(walks, 0);
  opened.turns.end();
  await Promise.all([resized, account]);
  t.deepEqual(ledger.used, { bytes: 500, files: 1 });
  await opened.storage.setAttributes(at('/a'), { sizeBytes: 700 }, true, allow);
  t.is(ledger.used?.bytes, 700);
  await t.throwsAsync(opened.storage.setAttributes(at('/a'), { sizeBytes: 1001 }, true, allow));
  t.is((await stat(host)).size, 700);
  t.true(meter.isIdle);
});
