// A line of some length, made of nothing but waiting: passes TCP connections on, every byte after a fixed delay in each
// direction. Needs no root and no module of the kernel, as netem does. It delays, and models nothing else: no loss, no
// narrow line, and TCP itself stays near both ends, so only the round trips of SSH and SFTP take longer.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** In each direction: half of a round trip. */
  readonly delayMs: number;
}

/** As much as may be under way in one direction: far more than any window of SSH, so it never is the limit. */
const MAX_UNDER_WAY_BYTES = 256 * 1024 * 1024;

export async function startRelay({ host, port, delayMs }: RelayOptions): Promise<Relay> {
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host, port, noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      // Whatever ends one side ends the other.
      from.on('error', () => to.destroy());
      from.once('close', () => {
        sockets.delete(from);
        setTimeout(() => to.destroy(), delayMs);
      });
      passOn(from, to, delayMs);
    }
  });
  listener.listen(0, host);
  await once(listener, 'listening');
  return {
    host,
    port: (listener.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Timers of one length end in the order they were set, so the bytes keep theirs. */
function passOn(from: Socket, to: Socket, delayMs: number): void {
  let underWay = 0;
  from.on('data', (chunk) => {
    underWay += chunk.length;
    if (underWay > MAX_UNDER_WAY_BYTES) from.pause();
    setTimeout(() => {
      to.write(chunk, () => {
        underWay -= chunk.length;
        if (underWay <= MAX_UNDER_WAY_BYTES) from.resume();
      });
    }, delayMs);
  });
  from.once('end', () => setTimeout(() => to.end(), delayMs));
}
