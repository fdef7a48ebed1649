import test from 'ava';
import { Reader } from '../../../src/sftp/codec/reader.ts';
import { Writer } from '../../../src/sftp/codec/writer.ts';

test('writer: a packet grows over its first size wherever the border falls', (t) => {
  for (let size = 5; size < 60; size += 1) {
    const bytes = new Writer(7, size).u8(1).u32(2).u64(3).bytes(Buffer.from('abc')).text('ä').u32(4).end();
    const reader = new Reader(bytes);
    t.deepEqual(
      [reader.u32(), reader.u8(), reader.u8(), reader.u32(), reader.u64(), reader.text(), reader.text(), reader.u32()],
      [bytes.length - 4, 7, 1, 2, 3, 'abc', 'ä', 4],
      `size ${size}`,
    );
    t.is(reader.left, 0);
    t.false(reader.failed);
  }
});

test('writer: 64-bit numbers keep all their bits, and none is negative', (t) => {
  for (const [value, written] of [
    [0, 0n],
    [0xffffffff, 0xffffffffn],
    [0x100000000, 0x100000000n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
    [-1, 0n],
  ] as const) {
    t.is(new Writer(0).u64(value).end().readBigUInt64BE(5), written);
  }
});
