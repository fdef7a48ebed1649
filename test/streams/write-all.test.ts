import { PassThrough, Writable } from 'node:stream';
import test from 'ava';
import { PeerGone } from '../../src/streams/peer-gone.ts';
import { writeAll } from '../../src/streams/write-all.ts';

const { signal } = new AbortController();

/** A stream whose reader takes nothing until told. */
function slowStream(): { readonly stream: Writable; readonly taken: string[]; take(): void } {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      waiting.push(() => {
        taken.push(chunk.toString());
        done();
      });
    },
  });
  return { stream, taken, take: () => waiting.shift()?.() };
}

test('write all: resolves when the data is taken, not before', async (t) => {
  const { stream, taken, take } = slowStream();
  const before = stream.eventNames();
  const order: string[] = [];
  const writing = writeAll(stream, Buffer.from('a'), signal).then(() => order.push('resolved'));
  await Promise.resolve();
  order.push('taken');
  take();
  await writing;
  t.deepEqual(order, ['taken', 'resolved']);
  t.deepEqual(taken, ['a']);
  t.deepEqual(stream.eventNames(), before);
});

test('write all: a stream that is closed, before or meanwhile, has lost its peer', async (t) => {
  const { stream } = slowStream();
  const writing = writeAll(stream, Buffer.from('a'), signal);
  stream.destroy();
  await t.throwsAsync(writing, { instanceOf: PeerGone });
  await t.throwsAsync(writeAll(stream, Buffer.from('b'), signal), { instanceOf: PeerGone });
  await t.throwsAsync(writeAll(new PassThrough().end(), Buffer.from('c'), signal), { instanceOf: PeerGone });
});

test('write all: an abort ends the wait', async (t) => {
  const { stream } = slowStream();
  const ending = new AbortController();
  const writing = writeAll(stream, Buffer.from('a'), ending.signal);
  const reason = new Error('enough');
  ending.abort(reason);
  t.is(await t.throwsAsync(writing), reason);
  t.is(await t.throwsAsync(writeAll(stream, Buffer.from('b'), ending.signal)), reason);
});
