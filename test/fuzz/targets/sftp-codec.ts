// The bytes of a client -> SFTP packets -> requests, cut anywhere.

import { encodeBytes } from '../../../src/model/bytes.ts';
import { EXTENSIONS } from '../../../src/sftp/codec/extensions.ts';
import { ProtocolError } from '../../../src/sftp/codec/protocol-error.ts';
import { decodeInit, decodeRequest } from '../../../src/sftp/codec/requests.ts';
import { createFramer } from '../../../src/sftp/framer.ts';
import { INIT } from '../../sftp/bytes-of.ts';
import { SFTP_REQUESTS } from '../sftp-requests.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

const MAX_PACKET_BYTES = 2048;

export const sftpCodec: Target = {
  name: 'sftp-codec',
  invariant:
    'packets are the same however the stream is cut; each is a request, unknown, malformed or a ProtocolError; every name in a request stands in its packet',
  covers: ['/src/sftp/framer', '/src/sftp/codec/'],
  dictionary: EXTENSIONS.map(({ name }) => name),
  seeds: [INIT, ...SFTP_REQUESTS, Buffer.concat([INIT, ...SFTP_REQUESTS])],
  maxBytes: 4096,
  begin: pure((input) => {
    const whole = packetsOf([input]);
    const cut = packetsOf(
      Array.from({ length: Math.ceil(input.length / 3) }, (_, at) => input.subarray(3 * at, 3 * at + 3)),
    );
    holds(whole.length === cut.length, 'the number of packets depends on the chunks');
    for (const [at, packet] of whole.entries()) {
      holds(cut[at]?.equals(packet) === true, 'a packet depends on the chunks');
      decode(packet);
    }
  }),
};

function packetsOf(chunks: readonly Buffer[]): Buffer[] {
  const framer = createFramer(MAX_PACKET_BYTES);
  const packets: Buffer[] = [];
  for (const chunk of chunks) framer.push(chunk);
  for (;;) {
    const packet = unlessRefused(() => framer.next(), ProtocolError);
    if (packet === undefined) return packets;
    holds(packet.length > 0 && packet.length <= MAX_PACKET_BYTES, 'a packet beyond the limit');
    packets.push(packet);
  }
}

function decode(packet: Buffer): void {
  unlessRefused(() => decodeInit(packet), ProtocolError);
  const decoded = unlessRefused(() => decodeRequest(packet), ProtocolError);
  if (decoded === undefined) return;
  const id = decoded.outcome === 'request' ? decoded.request.id : decoded.id;
  holds(id === packet.readUInt32BE(1), 'the id is another');
  if (decoded.outcome !== 'request') return;
  for (const value of Object.values(decoded.request).slice(2)) {
    const bytes = typeof value === 'string' ? encodeBytes(value) : value;
    if (Buffer.isBuffer(bytes)) holds(packet.includes(bytes), 'a field that is not in the packet');
  }
}
