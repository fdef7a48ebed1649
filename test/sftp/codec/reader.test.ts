import test from 'ava';
import { Reader } from '../../../src/sftp/codec/reader.ts';
import { hex } from '../bytes-of.ts';

test('reader: after a field that is cut off all fields read as nothing, and it has failed', (t) => {
  const reader = new Reader(hex('00000001 0000'));
  t.is(reader.u32(), 1);
  t.false(reader.failed);
  t.is(reader.u32(), 0);
  t.true(reader.failed);
  t.deepEqual([reader.u8(), reader.u32(), reader.u64(), reader.text(), reader.left], [0, 0, 0, '', 0]);
  t.is(reader.bytes().length, 0);
});

test('reader: a string may be empty and may end the packet', (t) => {
  const reader = new Reader(hex('00000000 00000001 61'));
  t.deepEqual([reader.text(), reader.text(), reader.left, reader.failed], ['', 'a', 0, false]);
});
