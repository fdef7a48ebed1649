import test from 'ava';
import fc from 'fast-check';
import { decodeStrings, encodeMpint, encodeStrings, readString } from '../../src/transport/wire.ts';

test('wire: strings come out as they went in', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (strings) => {
      t.deepEqual(
        decodeStrings(encodeStrings(strings))?.map((string) => [...string]),
        strings.map((string) => [...string]),
      );
    }),
  );
});

test('wire: every cut inside a string is noticed', (t) => {
  const whole = encodeStrings(['ssh-ed25519', Buffer.alloc(32, 1)]);
  for (let length = 1; length < whole.length; length += 1) {
    const isBetween = length === 4 + 'ssh-ed25519'.length;
    t.is(decodeStrings(whole.subarray(0, length))?.length, isBetween ? 1 : undefined, String(length));
  }
});

test('wire: a length beyond the end is no string', (t) => {
  t.is(readString(Buffer.from('ffffffff00', 'hex'), 0), undefined);
  t.is(readString(Buffer.from('0000', 'hex'), 0), undefined);
  t.is(readString(Buffer.from('0000000161', 'hex'), 0)?.toString(), 'a');
  t.is(decodeStrings(Buffer.from('7fffffff', 'hex')), undefined);
  t.deepEqual(decodeStrings(Buffer.alloc(0)), []);
});

test('wire: an mpint is the number in as few bytes as it takes, and never looks negative', (t) => {
  // RFC 4251, section 5.
  t.is(encodeMpint(Buffer.alloc(3)).toString('hex'), '');
  t.is(encodeMpint(Buffer.from('0080', 'hex')).toString('hex'), '0080');
  t.is(encodeMpint(Buffer.from('09a378f9b2e332a7', 'hex')).toString('hex'), '09a378f9b2e332a7');
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const number = Buffer.from(bytes);
      const mpint = encodeMpint(number);
      t.is(BigInt(`0x0${mpint.toString('hex')}`), BigInt(`0x0${number.toString('hex')}`));
      t.true(mpint.length === 0 || (mpint.readInt8(0) >= 0 && (mpint[0] !== 0 || mpint.readInt8(1) < 0)));
    }),
  );
});
