// The worker's side of workers.ts: its link to the primary, the connections it is handed, and its end. When the primary
// is gone, so is the worker: nobody would count, log or limit what it does.

import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionMessage, ENDING, type Ending, LIFE } from './life.ts';
import { Link, type LinkMessage } from './link.ts';

/** How long the end may take when nobody waits for it any more. */
const LAST_MS = 5000;

export interface Duties extends Ending {
  /** Serves a connection, paused; resolves when it is closed. */
  take(socket: Socket): Promise<void>;
}

export interface Primary {
  readonly link: Link;
  /** From now on connections come. */
  begin(duties: Duties): void;
  /** Tells why this worker can't start, and ends it. */
  fail(reason: string): void;
}

/** To be called once, in a process that workers.ts has started. */
export function joinPrimary(): Primary {
  const { worker } = cluster;
  if (worker === undefined) throw new TypeError('this process is no worker');
  // Node would end the process in the midst of everything when the primary is gone: it is ended below.
  worker.exitedAfterDisconnect = true;
  // A terminal and systemd signal all processes at once. The primary decides when each ends.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);

  const link = new Link((message) => worker.send(message, () => undefined));
  const life = link.remote(LIFE);
  let duties: Duties | undefined;

  const take = async (id: number, socket: Socket | undefined): Promise<void> => {
    life.took(id);
    try {
      // It was handed over as it was accepted: paused, though Node does not say so here.
      socket?.pause();
      if (socket !== undefined) await duties?.take(socket);
    } finally {
      life.closed(id);
    }
  };

  worker.on('message', (message: LinkMessage | ConnectionMessage, socket: Socket | undefined) => {
    if (message.kind === 'connection') void take(message.id, socket);
    else link.receive(message);
  });
  process.once('disconnect', () => {
    link.close();
    void Promise.race([duties?.end(0).catch(() => undefined), delay(LAST_MS)]).then(() => process.exit());
  });

  return {
    link,
    begin: (own) => {
      duties = own;
      link.share(ENDING, own);
      life.ready();
    },
    fail: (reason) => {
      life.failed(reason);
      process.exitCode = 1;
      worker.process.disconnect();
    },
  };
}
