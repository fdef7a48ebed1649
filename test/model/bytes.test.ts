import test from 'ava';
import fc from 'fast-check';
import { byteLength, decodeBytes, encodeBytes } from '../../src/model/bytes.ts';

test('bytes: any bytes come back as they were', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => encodeBytes(decodeBytes(bytes)).equals(bytes)),
    { numRuns: 2000 },
  );
  t.pass();
});

test('bytes: bytes near UTF-8 come back as they were', (t) => {
  const nearly = fc.array(
    fc.constantFrom(0x41, 0x80, 0xbf, 0xc0, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0xff),
  );
  fc.assert(
    fc.property(nearly, (numbers) => encodeBytes(decodeBytes(Uint8Array.from(numbers))).equals(Buffer.from(numbers))),
    { numRuns: 2000 },
  );
  t.pass();
});

test('bytes: text that is well formed is plain UTF-8', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(text, 'utf8');
      return encodeBytes(text).equals(bytes) && decodeBytes(bytes) === text && byteLength(text) === bytes.length;
    }),
  );
  t.pass();
});

test('bytes: each byte that is not UTF-8 is one lone surrogate', (t) => {
  t.is(decodeBytes(Uint8Array.of(0x61, 0xff, 0x62)), 'a\udcffb');
  t.is(decodeBytes(Uint8Array.of(0xc3)), '\udcc3');
  t.is(decodeBytes(Uint8Array.of(0xe2, 0x82)), '\udce2\udc82');
  t.is(decodeBytes(Uint8Array.of(0xc0, 0xaf)), '\udcc0\udcaf', 'an overlong slash is no slash');
  t.is(decodeBytes(Uint8Array.of(0xed, 0xa0, 0x80)), '\udced\udca0\udc80', 'a surrogate is no UTF-8');
  t.is(decodeBytes(Uint8Array.of(0xf0, 0x9f, 0x98, 0x80, 0x80)), '\u{1f600}\udc80');
});

test('bytes: surrogates that stand for no byte become U+FFFD', (t) => {
  t.deepEqual(encodeBytes('a\ud800b'), Buffer.from('a\ufffdb'));
  t.deepEqual(encodeBytes('a\udc7fb'), Buffer.from('a\ufffdb'));
  t.deepEqual(encodeBytes('\ud83d\ude00\udcff'), Buffer.concat([Buffer.from('\u{1f600}'), Buffer.of(0xff)]));
});

test('bytes: a view into a larger buffer is read alone', (t) => {
  const bytes = Uint8Array.of(0x78, 0x61, 0x62, 0x79).subarray(1, 3);
  t.is(decodeBytes(bytes), 'ab');
});

test('bytes: byteLength counts escaped bytes as one', (t) => {
  t.is(byteLength('a\udcffb'), 3);
  t.is(byteLength('\u{1f600}'), 4);
});
