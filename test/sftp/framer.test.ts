import test from 'ava';
import fc from 'fast-check';
import { ProtocolError } from '../../src/sftp/codec/protocol-error.ts';
import { createFramer, type Framer } from '../../src/sftp/framer.ts';
import { packet, u32 } from './bytes-of.ts';

function takeAll(framer: Framer): Buffer[] {
  const packets: Buffer[] = [];
  for (let next = framer.next(); next !== undefined; next = framer.next()) packets.push(next);
  return packets;
}

test('framer: packets come out whole, however the stream is cut', (t) => {
  const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(bodies, cuts, fc.boolean(), (sent, lengths, atOnce) => {
      const stream = Buffer.concat(sent.map((body) => packet(Buffer.from(body))));
      const framer = createFramer(40);
      const got: Buffer[] = [];
      for (let at = 0; at < stream.length; ) {
        const { value: length } = lengths.next();
        framer.push(stream.subarray(at, at + length));
        at += length;
        if (!atOnce) got.push(...takeAll(framer));
      }
      got.push(...takeAll(framer));
      t.deepEqual(
        got.map((body) => body.toString('hex')),
        sent.map((body) => Buffer.from(body).toString('hex')),
      );
      t.true(framer.isBetweenPackets);
    }),
  );
});

test('framer: a packet within one chunk is a part of it, one over several is put together', (t) => {
  const framer = createFramer(100);
  const chunk = Buffer.concat([packet(Buffer.from('one')), packet(Buffer.from('two')).subarray(0, 5)]);
  framer.push(chunk);
  const one = framer.next();
  t.is(one?.toString(), 'one');
  t.is(one?.buffer, chunk.buffer);
  t.is(framer.next(), undefined);
  t.false(framer.isBetweenPackets);
  framer.push(Buffer.from('wo'));
  t.is(framer.next()?.toString(), 'two');
});

test('framer: the longest packet allowed passes, a longer one ends it before its body has come', (t) => {
  const framer = createFramer(5);
  framer.push(packet(Buffer.from('12345')));
  t.is(framer.next()?.length, 5);
  framer.push(u32(6));
  t.throws(() => framer.next(), { instanceOf: ProtocolError, message: 'a packet of 6 bytes, over 5' });
});

test('framer: lengths that are lies end it, also when they come byte by byte', (t) => {
  for (const length of [0, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const whole = createFramer(1000);
    whole.push(Buffer.concat([u32(length), Buffer.alloc(8)]));
    t.throws(() => whole.next(), { instanceOf: ProtocolError });

    const parts = createFramer(1000);
    for (const byte of u32(length)) parts.push(Buffer.from([byte]));
    t.throws(() => parts.next(), { instanceOf: ProtocolError });
  }
});

test('framer: what is left of a chunk is put together, packets whole and begun, and may be written over', (t) => {
  const framer = createFramer(100);
  const bytes = Buffer.concat([packet(Buffer.from('one')), packet(Buffer.from('two')), packet(Buffer.from('three'))]);
  framer.push(bytes.subarray(0, 16));
  t.is(framer.next()?.toString(), 'one');
  framer.keepRest();
  bytes.fill(0, 0, 16);
  t.false(framer.isBetweenPackets);
  t.is(framer.next()?.toString(), 'two');
  t.is(framer.next(), undefined);
  framer.push(bytes.subarray(16));
  t.is(framer.next()?.toString(), 'three');
  t.true(framer.isBetweenPackets);
});

test('framer: a length that is a lie is told behind the packets before it, however late those are asked for', (t) => {
  const framer = createFramer(100);
  framer.push(Buffer.concat([packet(Buffer.from('one')), Buffer.alloc(4, 0xff), packet(Buffer.from('two'))]));
  framer.keepRest();
  t.is(framer.next()?.toString(), 'one');
  t.throws(() => framer.next(), { message: /over 100/ });
  t.throws(() => framer.next(), { message: /over 100/ });
});
