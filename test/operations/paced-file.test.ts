import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ownerPolicy } from '../../src/access/policy.ts';
import { isFileError } from '../../src/model/error.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { createPaces } from '../../src/operations/paces.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import { FakeClock } from './fake-clock.ts';
import { openRuledHome } from './homes.ts';

interface Setting {
  readonly clock: FakeClock;
  readonly channel: AbortController;
  readonly events: AuditEvent[];
  readonly files: Files;
}

/** Alice's files at a thousand bytes a second each way, by way of a channel that can be closed. */
function makeFiles(): Setting {
  const clock = new FakeClock();
  const channel = new AbortController();
  const events: AuditEvent[] = [];
  const paces = createPaces({ ratesOf: () => ({ upload: 1000, download: 1000 }), clock });
  const files = createOperations({ policy: ownerPolicy, audit: (event) => events.push(event) }).as({
    identity: { user: 'alice' },
    origin: { sessionId: 'test', address: '127.0.0.1' },
    face: 'sftp',
    storage: createMemoryStorage(),
    pace: paces.enter('alice').until(channel.signal),
  });
  return { clock, channel, events, files };
}

test('paced file: a write and a read take their time, and a close waits for them', async (t) => {
  const { clock, files } = makeFiles();
  const file = await files.open(at('/a'), { read: true, write: true, create: true });
  const done: string[] = [];
  const writing = file.write(Buffer.alloc(1125), 0).then(() => done.push('write'));
  await clock.advance(900);
  t.deepEqual(done, []);
  t.is((await file.stat()).sizeBytes, 0, 'nothing is written before its time');
  const closing = file.close().then(() => done.push('close'));
  await clock.advance(200);
  await Promise.all([writing, closing]);
  t.deepEqual(done, ['write', 'close']);

  const again = await files.open(at('/a'), { read: true });
  const reading = again.read(Buffer.alloc(5000), 0).then((bytes) => done.push(`read ${bytes}`));
  await clock.advance(900);
  t.is(done.length, 2);
  // Only what was there has to go: not what was asked for.
  await clock.advance(400);
  await reading;
  t.deepEqual(done.slice(2), ['read 1125']);
  await again.close();
});

test('paced file: a copy inside the server goes over no network, and waits for nothing', async (t) => {
  const { clock, files } = makeFiles();
  const file = await files.open(at('/a'), { write: true, create: true });
  const writing = file.write(Buffer.alloc(10_000), 0);
  await clock.advance(11_000);
  await writing;
  await file.close();
  await files.copy(at('/a'), at('/b'));
  t.is((await files.stat(at('/b'))).sizeBytes, 10_000);
});

test('paced file: a channel that is closed waits for nothing more', async (t) => {
  const { clock, channel, events, files } = makeFiles();
  const file = await files.open(at('/a'), { write: true, create: true });
  const writing = file.write(Buffer.alloc(1_000_000), 0);
  await clock.advance(1000);
  const closing = file.close({ abandon: true });
  channel.abort();
  t.true(isFileError(await t.throwsAsync(writing), 'cancelled'));
  await closing;
  t.deepEqual(
    events.map((event) => ('outcome' in event ? event.outcome : undefined)),
    ['cancelled'],
  );
  t.is(clock.alarms, 0);
});

/**
 * What was wrong: a write that failed before it came to the storage was forgotten: the close said that all was well, and
 * an atomic upload took the place of the old file, without what had waited.
 * How reached: a client with a rate sends its writes and its CLOSE, and is gone before it was the turn of all of them.
 * What this verifies: such a close fails, and the old file is whole.
 */
test('paced file: an upload of which a write was not done is not whole, whoever says so', async (t) => {
  const clock = new FakeClock();
  const channel = new AbortController();
  const pace = createPaces({ ratesOf: () => ({ upload: 1000, download: 1000 }), clock });
  const atomic = { mode: 'atomic', sync: 'client', keepMs: 60_000 } as const;
  const home = await openRuledHome(t, '', ['a'], atomic, pace.enter('alice').until(channel.signal));
  const file = await home.files.open(at('/a'), { write: true, create: true, truncate: true });
  await file.write(Buffer.alloc(100), 0);
  const writing = file.write(Buffer.alloc(10_000), 100);
  const closing = file.close();
  channel.abort();
  t.true(isFileError(await t.throwsAsync(writing), 'cancelled'));
  t.true(isFileError(await t.throwsAsync(closing), 'cancelled'));
  t.is(await readFile(join(home.folder, 'a'), 'utf8'), 'a');
  t.deepEqual(
    home.events.map(({ outcome }) => outcome),
    ['cancelled'],
  );
});
