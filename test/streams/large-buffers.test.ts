import test from 'ava';
import { createLargeBuffers } from '../../src/streams/large-buffers.ts';

test('large buffers: what is given back is taken by the next one of its size', (t) => {
  const buffers = createLargeBuffers();
  const packet = buffers.take(33_000);
  const piece = buffers.take(261_120);
  t.deepEqual([packet.length, piece.length], [33_000, 261_120]);
  t.not(buffers.take(33_000).buffer, packet.buffer);
  buffers.giveBack(packet);
  buffers.giveBack(piece.subarray(0, 10));
  t.is(buffers.take(262_157).buffer, piece.buffer);
  t.is(buffers.take(20_000).buffer, packet.buffer);
});

test('large buffers: what is given back twice is not taken twice', (t) => {
  const buffers = createLargeBuffers();
  const packet = buffers.take(33_000);
  buffers.giveBack(packet);
  buffers.giveBack(packet);
  t.not(buffers.take(33_000).buffer, buffers.take(33_000).buffer);
});

test('large buffers: small and very large ones are Node’s, and stay away', (t) => {
  const buffers = createLargeBuffers();
  for (const length of [0, 1, 16_383, 300_000]) {
    const buffer = buffers.take(length);
    t.is(buffer.length, length);
    t.false(buffers.has(buffer));
    buffers.giveBack(buffer);
  }
  const foreign = Buffer.allocUnsafeSlow(36 * 1024);
  buffers.giveBack(foreign);
  t.not(buffers.take(36 * 1024).buffer, foreign.buffer);
});

test('large buffers: no more than 128 of one size are kept', (t) => {
  const buffers = createLargeBuffers();
  const taken = Array.from({ length: 200 }, () => buffers.take(33_000));
  for (const buffer of taken) buffers.giveBack(buffer);
  const known = new Set<ArrayBufferLike>(taken.map(({ buffer }) => buffer));
  const again = Array.from({ length: 200 }, () => buffers.take(33_000));
  t.is(again.filter(({ buffer }) => known.has(buffer)).length, 128);
});
