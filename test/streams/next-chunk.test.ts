import { PassThrough } from 'node:stream';
import test from 'ava';
import { arrivedChunk, nextChunk } from '../../src/streams/next-chunk.ts';
import { PeerGone } from '../../src/streams/peer-gone.ts';

const { signal } = new AbortController();

test('next chunk: what was sent, then the end, then the end again', async (t) => {
  const stream = new PassThrough();
  stream.end('last words');
  t.is((await nextChunk(stream, signal))?.toString(), 'last words');
  t.is(await nextChunk(stream, signal), undefined);
  t.is(await nextChunk(stream, signal), undefined);
});

test('next chunk: is waited for', async (t) => {
  const stream = new PassThrough();
  const chunk = nextChunk(stream, signal);
  stream.write('at last');
  t.is((await chunk)?.toString(), 'at last');
});

test('next chunk: a stream that breaks off has lost its peer', async (t) => {
  const stream = new PassThrough();
  stream.on('error', () => undefined);
  const waiting = nextChunk(stream, signal);
  stream.destroy(new Error('reset'));
  await t.throwsAsync(waiting, { instanceOf: PeerGone });
  await t.throwsAsync(nextChunk(stream, signal), { instanceOf: PeerGone });
});

test('next chunk: an abort ends the wait, takes nothing, and leaves no listener', async (t) => {
  const stream = new PassThrough();
  const ending = new AbortController();
  const before = stream.eventNames();
  const waiting = nextChunk(stream, ending.signal);
  const reason = new Error('enough');
  ending.abort(reason);
  t.is(await t.throwsAsync(waiting), reason);
  t.deepEqual(stream.eventNames(), before);
  stream.write('later');
  t.is((await nextChunk(stream, signal))?.toString(), 'later');
});

test('next chunk: what arrived before an abort, or before the stream was destroyed, can still be had', async (t) => {
  for (const breakOff of [(stream: PassThrough) => stream, (stream: PassThrough) => stream.destroy()]) {
    const stream = new PassThrough();
    stream.write('there ');
    stream.write('already');
    await t.throwsAsync(nextChunk(breakOff(stream), AbortSignal.abort(new Error('gone'))), { message: 'gone' });
    t.is(arrivedChunk(stream)?.toString(), 'there already');
    t.is(arrivedChunk(stream), undefined);
  }
});
