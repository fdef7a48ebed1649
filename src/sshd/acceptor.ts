// The server's TCP socket: takes connections, so many at a time, and hands each to whoever serves it. Reads nothing from
// them and knows nothing of SSH, so that another process may be the one that serves.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../model/log.ts';

export interface Acceptor {
  readonly address: AddressInfo;
  /** From now on `take` gets each connection, paused, and resolves when it is closed. Those before have waited. */
  begin(take: (socket: Socket) => Promise<void>): void;
  /** Takes nobody new. Those that were handed on are not touched. */
  close(): void;
}

export interface AcceptorParts {
  readonly host: string;
  readonly port: number;
  /** Connections in all, logged in or not. */
  readonly maxConnections: number;
  readonly log: Log;
}

/** Listens; rejects with the socket's error when that can't be done. */
export async function accept({ host, port, maxConnections, log }: AcceptorParts): Promise<Acceptor> {
  const early: Socket[] = [];
  let count = 0;
  let take: ((socket: Socket) => Promise<void>) | undefined;

  const hand = async (socket: Socket, to: (socket: Socket) => Promise<void>): Promise<void> => {
    try {
      if (!socket.destroyed) await to(socket);
    } catch (error) {
      socket.destroy();
      log.unexpected(error, 'taking a connection');
    } finally {
      count -= 1;
    }
  };

  // Our own socket server: ssh2's never sets TCP_NODELAY, which costs four fifths of the upload speed.
  const net = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (count >= maxConnections) {
      log.warn('connection refused: there are too many', { address: socket.remoteAddress });
      socket.destroy();
      return;
    }
    count += 1;
    if (take === undefined) early.push(socket);
    else void hand(socket, take);
  });
  const address = await listening(net, host, port);
  net.on('error', (error) => log.unexpected(error, 'accepting connections'));

  return {
    address,
    begin: (to) => {
      take = to;
      for (const socket of early.splice(0)) void hand(socket, to);
    },
    close: () => {
      net.close();
      for (const socket of early.splice(0)) socket.destroy();
    },
  };
}

function listening(net: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    net.once('error', reject);
    net.listen({ host, port }, () => {
      net.off('error', reject);
      const address = net.address();
      if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
      resolve(address);
    });
  });
}
