import test from 'ava';
import { allocPacket } from '../../src/transport/outgoing-packets.ts';

/** What RFC 4253, section 6, and the ciphers' own documents ask of a packet, the tag of 16 bytes not counted. */
for (const blockBytes of [8, 16]) {
  test(`outgoing packets: length, padding and room for the tag are right for every payload (blocks of ${blockBytes})`, (t) => {
    for (let payloadBytes = 0; payloadBytes < 400; payloadBytes += 1) {
      const packet = allocPacket(payloadBytes, blockBytes);
      const packetBytes = packet.readUInt32BE(0);
      const paddingBytes = packet.readUInt8(4);
      t.is(packetBytes, 1 + payloadBytes + paddingBytes);
      t.is(packetBytes % blockBytes, 0);
      t.true(paddingBytes >= 4 && paddingBytes < 4 + blockBytes);
      t.is(packet.length, 4 + packetBytes + 16);
    }
  });
}

test('outgoing packets: the padding is another one each time', (t) => {
  const paddings = Array.from({ length: 5000 }, () => allocPacket(0, 16).toString('hex', 5, 5 + 15));
  t.is(new Set(paddings).size, 5000);
});
