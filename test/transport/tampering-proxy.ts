// Stands between a client and a server and changes one message of their first key exchange, which is in plain text.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface Tampering {
  readonly from: 'client' | 'server';
  /** The number of the message to change. */
  readonly message: number;
  readonly change: (payload: Buffer) => Buffer;
}

/** Resolves to the port to connect to instead of the server's. */
export async function startProxy(
  t: Pick<ExecutionContext, 'teardown'>,
  server: { readonly port: number },
  { from, message, change }: Tampering,
): Promise<number> {
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    t.teardown(() => upstream.destroy());
    t.teardown(() => client.destroy());
    pass(client, upstream, from === 'client' ? tamper(message, change) : same);
    pass(upstream, client, from === 'server' ? tamper(message, change) : same);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  return (proxy.address() as AddressInfo).port;
}

function pass(source: Socket, sink: Socket, through: (chunk: Buffer) => Buffer): void {
  source.on('data', (chunk: Buffer) => sink.write(through(chunk)));
  source.on('close', () => sink.destroy());
  source.on('error', () => sink.destroy());
}

const same = (chunk: Buffer): Buffer => chunk;

function tamper(message: number, change: (payload: Buffer) => Buffer): (chunk: Buffer) => Buffer {
  let waiting: Buffer = Buffer.alloc(0);
  let isIdentified = false;
  let isDone = false;
  return (chunk) => {
    if (isDone) return chunk;
    waiting = Buffer.concat([waiting, chunk]);
    const out: Buffer[] = [];
    if (!isIdentified) {
      const end = waiting.indexOf('\n') + 1;
      if (end === 0) return Buffer.alloc(0);
      isIdentified = true;
      out.push(waiting.subarray(0, end));
      waiting = waiting.subarray(end);
    }
    while (!isDone && waiting.length >= 6 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const end = 4 + waiting.readUInt32BE(0);
      const packet = waiting.subarray(0, end);
      waiting = waiting.subarray(end);
      isDone = packet[5] === message;
      out.push(isDone ? packetOf(change(payloadOf(packet))) : packet);
    }
    if (isDone) out.push(waiting);
    return Buffer.concat(out);
  };
}

/** The message in a packet without encryption (RFC 4253, section 6). */
export function payloadOf(packet: Buffer): Buffer {
  return Buffer.from(packet.subarray(5, packet.length - (packet[4] ?? 0)));
}

function packetOf(payload: Buffer): Buffer {
  const padding = 16 - ((5 + payload.length) % 8);
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(packet.length - 4);
  packet[4] = padding;
  payload.copy(packet, 5);
  return packet;
}
