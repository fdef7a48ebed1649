// The offer of a server, as it sends it to whoever connects.

import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { decodeStrings } from '../../src/transport/wire.ts';
import { payloadOf } from '../transport/tampering-proxy.ts';

export interface Offer {
  readonly kex: readonly string[];
  readonly hostKeyAlgorithms: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly compression: readonly string[];
}

/** Connects, reads the server's KEXINIT (RFC 4253, section 7.1) and goes away. */
export async function offerOf(t: ExecutionContext, server: { readonly port: number }): Promise<Offer> {
  const socket = connect(server.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write('SSH-2.0-offer\r\n');
  let data: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    data = Buffer.concat([data, chunk as Buffer]);
    const packet = data.subarray(data.indexOf('\n') + 1);
    if (packet.length < 4 || packet.length < 4 + packet.readUInt32BE(0)) continue;
    const payload = payloadOf(packet.subarray(0, 4 + packet.readUInt32BE(0)));
    // Type, cookie, ten lists, a boolean and a reserved number.
    const lists = decodeStrings(payload.subarray(0, payload.length - 5), 17)?.map((list) =>
      list.toString('latin1').split(','),
    );
    const [kex = [], hostKeyAlgorithms = [], ciphers = [], , macs = [], , compression = []] = lists ?? [];
    return { kex, hostKeyAlgorithms, ciphers, macs, compression };
  }
  throw new Error('the server has ended the connection');
}
