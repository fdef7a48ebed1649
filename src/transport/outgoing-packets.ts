// The packets that ssh2 sends, made in buffers that are used again, and padded from a stock of random bytes. ssh2 has a
// buffer made for every packet and asks the system for the padding of each; together that is a quarter of a download.

import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { largeBuffers } from '../streams/large-buffers.ts';
import { isWritable, type Protocol } from './ssh2-protocol.ts';

/** Length of the packet and of its padding (RFC 4253, section 6). */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;
const MIN_PADDING_BYTES = 4;
const TAG_BYTES = 16;

/** What each kind of cipher pads to; the length itself does not count with these. The others are seldom negotiated. */
const BLOCK_BYTES: ReadonlyMap<string, number> = new Map([
  ['AESGCMCipherBinding', 16],
  ['ChaChaPolyCipherBinding', 8],
]);

const randomness: Buffer = Buffer.allocUnsafeSlow(8192);
let randomnessUsed = randomness.length;

/** Fills a few bytes at random; no byte of the stock is used twice. */
function fillPadding(packet: Buffer, at: number, length: number): void {
  if (randomness.length - randomnessUsed < length) {
    randomFillSync(randomness);
    randomnessUsed = 0;
  }
  randomness.copy(packet, at, randomnessUsed, randomnessUsed + length);
  randomnessUsed += length;
}

/** To be called once for each connection, before its first key exchange and before others look at what it writes. */
export function reuseOutgoingPackets(protocol: Protocol, socket: Socket): void {
  const write = protocol._onWrite;
  protocol._onWrite = (data) => {
    if (!largeBuffers.has(data)) write(data);
    else if (isWritable(socket)) socket.write(data, () => largeBuffers.giveBack(data));
  };

  const complete = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (negotiated) => {
    const cipher = protocol._cipher;
    const blockBytes = BLOCK_BYTES.get(cipher.constructor.name);
    if (blockBytes !== undefined) cipher.allocPacket = (payloadBytes) => allocPacket(payloadBytes, blockBytes);
    complete(negotiated);
  };
}

/** A packet with all but its payload, which follows the head, and its tag, which follows the padding. */
export function allocPacket(payloadBytes: number, blockBytes: number): Buffer {
  const unpadded = HEAD_BYTES - LENGTH_BYTES + payloadBytes;
  let paddingBytes = blockBytes - (unpadded % blockBytes);
  if (paddingBytes < MIN_PADDING_BYTES) paddingBytes += blockBytes;
  const packetBytes = unpadded + paddingBytes;
  const packet = largeBuffers.take(LENGTH_BYTES + packetBytes + TAG_BYTES);
  packet.writeUInt32BE(packetBytes, 0);
  packet.writeUInt8(paddingBytes, LENGTH_BYTES);
  fillPadding(packet, HEAD_BYTES + payloadBytes, paddingBytes);
  return packet;
}
