// The SSH server's socket and the connections on it: accept, limit, end.

import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { ClientInfo, Connection as SshClient } from 'ssh2';
import type { SessionInfo } from '../model/account.ts';
import { isStrongHostKeyAlgorithm, serverAlgorithms } from './algorithms.ts';
import type { Backend, SshLimits } from './backend.ts';
import { Connection } from './connection.ts';
import type { HostKey } from './host-key.ts';
import {
  checkInternals,
  checkVersion,
  filterHostKeyAlgorithms,
  internalsOf,
  type KexInit,
  Server,
} from './ssh2-internals.ts';

/** The identification string says what this is and no version: RFC 4253, section 4.2. */
const SOFTWARE = 'sshome';
/** How long nothing may be open on a connection before a stopping server ends it: `put -r` pauses between files. */
const QUIET_MS = 1000;

export interface SshServer {
  readonly address: AddressInfo;
  sessions(): SessionInfo[];
  /** Ends the connections of a user who is no longer one. */
  endUser(user: string, reason: string): void;
  /** Stops accepting, waits up to `graceMs` for transfers under way, ends every connection. */
  stop(graceMs: number): Promise<void>;
}

export interface SshServerParts {
  readonly host: string;
  readonly port: number;
  readonly hostKeys: readonly HostKey[];
  readonly backend: Backend;
  readonly limits: SshLimits;
}

/** Listens; rejects with the socket's error when that can't be done. */
export async function listen({ host, port, hostKeys, backend, limits }: SshServerParts): Promise<SshServer> {
  checkVersion();
  const connections = new Map<Socket, Connection>();
  const offer = createOffer();

  const ssh = new Server({
    hostKeys: hostKeys.map((key) => key.privateKey),
    ident: SOFTWARE,
    algorithms: serverAlgorithms(),
    keepaliveInterval: limits.keepaliveIntervalMs,
    keepaliveCountMax: limits.keepaliveCountMax,
  });
  ssh.on('error', (error: Error) => backend.log.unexpected(error, 'ssh2'));
  ssh.on('connection', (client: SshClient, info: ClientInfo) => {
    const connection = connections.get(internalsOf(client)._sock);
    if (connection === undefined) {
      client.end();
      return;
    }
    checkInternals(client);
    const { _protocol: protocol } = internalsOf(client);
    protocol._offer = offer(protocol._offer);
    connection.greet(client, info);
  });

  // Our own socket server: ssh2's never sets TCP_NODELAY, which costs four fifths of the upload speed.
  const net = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (connections.size >= limits.maxConnections) {
      backend.log.warn('connection refused: there are too many', { address: socket.remoteAddress });
      socket.destroy();
      return;
    }
    const origin = {
      sessionId: randomBytes(5).toString('hex'),
      address: addressOf(socket),
    };
    const connection = new Connection({ socket, origin, backend, limits });
    connections.set(socket, connection);
    connection.closed
      .catch((error: unknown) => backend.log.unexpected(error, 'ending a connection', { ...origin }))
      .finally(() => connections.delete(socket));
    ssh.injectSocket(socket);
  });
  const address = await startListening(net, host, port);
  net.on('error', (error) => backend.log.unexpected(error, 'accepting connections'));

  return {
    address,
    sessions: () => [...connections.values()].flatMap((connection) => connection.info() ?? []),
    endUser: (user, reason) => {
      for (const connection of connections.values()) {
        if (connection.identity?.user === user) connection.end(reason);
      }
    },
    stop: (graceMs) => stop(net, connections, graceMs),
  };
}

function startListening(net: NetServer, host: string, port: number): Promise<AddressInfo> {
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

async function stop(net: NetServer, connections: Map<Socket, Connection>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => net.close(() => resolve()));
  const deadline = Date.now() + graceMs;
  const quietSince = new Map<Connection, number>();
  const timer = setInterval(sweep, 100);
  sweep();
  await closed;
  await Promise.allSettled([...connections.values()].map((connection) => connection.closed));
  clearInterval(timer);

  function sweep(): void {
    const now = Date.now();
    for (const connection of connections.values()) {
      if (connection.isBusy && now < deadline) {
        quietSince.set(connection, now);
      } else if (now >= deadline || now - (quietSince.get(connection) ?? 0) >= QUIET_MS) {
        connection.end('the server is stopping');
      }
    }
  }
}

/** Makes the key exchange offer for every connection from the first one that ssh2 shows. */
function createOffer(): (offer: KexInit) => KexInit {
  let filtered: KexInit | undefined;
  return (offer) => {
    filtered ??= filterHostKeyAlgorithms(offer, isStrongHostKeyAlgorithm);
    return filtered;
  };
}

function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? 'unknown';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
