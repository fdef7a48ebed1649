// The meter of one tree: when counting begins, ends and begins again while people work.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { OpenFile } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import type { Usage } from '../../src/model/usage.ts';
import { openHome } from '../../src/storage/home.ts';
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
function makeTree(): Counted {
  const meters: TreeMeter[] = [];
  const ledger = new TreeLedger({
    quota: () => ({ bytes: 1000, files: 10 }),
    store: { load: async () => undefined, save: async () => undefined, drop: async () => undefined },
    count: async (): Promise<Usage> => ({ bytes: 0, files: 0 }),
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
): Promise<{ file: OpenFile; inode: string; turns: Turns }> {
  const turns = new Turns(1);
  const homesDirectory = await temporaryFolder(t);
  const partsOn = () => ({ turns, meter });
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held', partsOn });
  t.teardown(() => storage.close());
  const file = await storage.open(at('/a'), { write: true, create: true }, allow);
  const { dev, ino } = await stat(join(homesDirectory, 'alice', 'a'));
  return { file, inode: `${dev}:${ino}`, turns };
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
