// Several sessions that write one file at the same time: docs/reliability.md states what comes of it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { startServer } from '../helpers/server.ts';
import { connectActor } from './actors.ts';

const WRITE = { write: true, create: true, truncate: true } as const;
const PIECE = 50_000;

test('concurrent writers: atomic: the last to close wins, whole; until then there is what was there', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t, { upload: 'atomic' });
  const [one, two] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'alice')];
  const onDisk = async (): Promise<string> => readFile(join(await server.homeOf('alice'), 'a'), 'latin1');
  const first = await one.files.open(parsePath('/a'), WRITE);
  const second = await two.files.open(parsePath('/a'), WRITE);
  for (let piece = 0; piece < 10; piece += 1) {
    await Promise.all([
      first.write(Buffer.alloc(PIECE, '1'), piece * PIECE),
      second.write(Buffer.alloc(PIECE, '2'), piece * PIECE),
    ]);
  }
  await t.throwsAsync(onDisk(), { code: 'ENOENT' });
  await second.close();
  t.is(await onDisk(), '2'.repeat(10 * PIECE));
  await first.close();
  t.is(await onDisk(), '1'.repeat(10 * PIECE));
});

test('concurrent writers: in place: all write to the one file; of each byte the last write wins', async (t) => {
  t.timeout(30_000);
  const server = await startServer(t);
  const [one, two] = [await connectActor(t, server, 'alice'), await connectActor(t, server, 'alice')];
  const first = await one.files.open(parsePath('/a'), WRITE);
  await first.write(Buffer.alloc(PIECE, '1'), 0);
  const second = await two.files.open(parsePath('/a'), WRITE);
  t.is((await first.stat()).sizeBytes, 0, 'emptied by the second');
  for (let piece = 0; piece < 10; piece += 1) {
    const [last, other] = piece % 2 === 0 ? [first, second] : [second, first];
    await other.write(Buffer.alloc(PIECE, 'x'), piece * PIECE);
    await last.write(Buffer.alloc(PIECE, last === first ? '1' : '2'), piece * PIECE);
  }
  await second.close();
  await first.close();
  const content = await readFile(join(await server.homeOf('alice'), 'a'), 'latin1');
  t.is(content, ('1'.repeat(PIECE) + '2'.repeat(PIECE)).repeat(5));
});

for (const upload of ['in-place', 'atomic'] as const) {
  test(`concurrent writers: ${upload}: of sessions that append to a file that is there, nothing is lost`, async (t) => {
    t.timeout(30_000);
    const server = await startServer(t, { upload });
    const sessions = await Promise.all([1, 2, 3].map(() => connectActor(t, server, 'alice')));
    await (await sessions[0]?.files.open(parsePath('/log'), WRITE))?.close();
    const written = await Promise.all(
      sessions.map(async ({ files }, session) => {
        const file = await files.open(parsePath('/log'), { write: true, append: true });
        const lines = Array.from({ length: 100 }, (_, index) => `session ${session}, line ${index}\n`);
        // All at once, each with an offset that means nothing.
        await Promise.all(lines.map((line) => file.write(Buffer.from(line), 0)));
        await file.close();
        return lines;
      }),
    );
    const content = await readFile(join(await server.homeOf('alice'), 'log'), 'latin1');
    t.deepEqual(content.match(/.*\n/g)?.sort(), written.flat().sort());
  });
}
