// Which content is moved at once, and which in a thread. The clock is the test's.

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createLocalContent } from '../../src/storage/content-calls.ts';
import { Promptness } from '../../src/storage/promptness.ts';
import { temporaryFolder } from '../helpers/folder.ts';

interface Outcome {
  readonly error: NodeJS.ErrnoException | null;
  readonly bytes: number;
  readonly isAtOnce: boolean;
}

async function start(t: ExecutionContext) {
  const path = join(await temporaryFolder(t), 'file');
  writeFileSync(path, 'content');
  const descriptor = openSync(path, 'r+');
  t.teardown(() => closeSync(descriptor));
  let nowMs = 5_000;
  const content = createLocalContent(new Promptness(() => nowMs));
  const move = (
    call: 'read' | 'write',
    memory: Uint8Array,
    { isSmall = true, on = descriptor, takesMs = 0 } = {},
  ): Promise<Outcome> =>
    new Promise((resolve) => {
      let isAtOnce = true;
      content[call](on, { memory, start: 0, length: memory.length, offset: 0 }, isSmall, (error, bytes) =>
        resolve({ error, bytes, isAtOnce }),
      );
      isAtOnce = false;
      nowMs += takesMs;
    });
  return {
    path,
    move,
    pause: (ms: number) => {
      nowMs += ms;
    },
  };
}

for (const call of ['read', 'write'] as const) {
  test(`content: ${call}: of small files at once when that has proved to be quick, of large ones in a thread`, async (t) => {
    const { move, pause } = await start(t);
    const memory = Buffer.from('CONTENT');
    t.like(await move(call, memory), { error: null, bytes: 7, isAtOnce: false }, 'nothing is known yet');
    t.like(await move(call, memory), { error: null, bytes: 7, isAtOnce: true });
    t.like(await move(call, memory, { isSmall: false }), { error: null, bytes: 7, isAtOnce: false });
    t.true((await move(call, memory)).isAtOnce);
    pause(100);
    t.false((await move(call, memory)).isAtOnce, 'nothing was asked for a while');
    t.true((await move(call, memory)).isAtOnce);
  });

  test(`content: ${call}: nothing at once after, and while, a call stands still in a thread, of a large file too`, async (t) => {
    const { move } = await start(t);
    const memory = Buffer.from('CONTENT');
    await move(call, memory);
    t.true((await move(call, memory)).isAtOnce);
    const slow = move(call, memory, { isSmall: false, takesMs: 150 });
    t.false((await move(call, memory)).isAtOnce, 'it stands still');
    await slow;
    t.false((await move(call, memory)).isAtOnce, 'it did a moment ago');
  });

  test(`content: ${call}: what fails at once is told as what fails in a thread is`, async (t) => {
    const { path, move } = await start(t);
    const memory = Buffer.from('CONTENT');
    const wrongWay = openSync(path, call === 'read' ? 'a' : 'r');
    t.teardown(() => closeSync(wrongWay));
    const inThread = await move(call, memory, { on: wrongWay });
    await move(call, memory);
    const atOnce = await move(call, memory, { on: wrongWay });
    t.false(inThread.isAtOnce);
    t.true(atOnce.isAtOnce);
    t.is(inThread.error?.code, 'EBADF');
    t.is(atOnce.error?.code, 'EBADF');
  });
}

test('content: what is moved is what was meant, wherever it is moved', async (t) => {
  const { path, move } = await start(t);
  for (const text of ['in a thread', 'at once', 'at once, and longer']) {
    await move('write', Buffer.from(text));
    const memory = Buffer.alloc(text.length);
    t.is((await move('read', memory)).bytes, text.length);
    t.is(memory.toString(), text);
  }
  t.is(readFileSync(path, 'utf8'), 'at once, and longer');
});

test('content: of a file that has grown no more is read at once than of a small one', async (t) => {
  const { path, move } = await start(t);
  writeFileSync(path, Buffer.alloc(200_000, 'x'));
  const memory = Buffer.alloc(200_000);
  t.is((await move('read', memory)).bytes, 200_000);
  t.like(await move('read', memory), { bytes: 65_536, isAtOnce: true });
});
