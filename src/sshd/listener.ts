// The SSH server's socket and the connections on it: accept, limit, end.

import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { ClientInfo, Connection as SshClient } from 'ssh2';
import type { SessionInfo } from '../model/account.ts';
import { parseAddressList, plainAddress } from '../model/address.ts';
import type { AlgorithmLists } from '../model/algorithms.ts';
import type { Identity, Origin } from '../model/identity.ts';
import { gatherIdentification } from '../transport/identification.ts';
import { usePostQuantum } from '../transport/mlkem768x25519.ts';
import { Admission } from './admission.ts';
import { effectiveAlgorithms, serverOffer } from './algorithms.ts';
import type { Backend, SshLimits } from './backend.ts';
import { Connection } from './connection.ts';
import type { HostKey } from './host-key.ts';
import { offerHostKeys } from './host-key-proof.ts';
import { ProxyHeaderError, readProxyHeader } from './proxy-protocol.ts';
import { QueueBudget } from './queue-budget.ts';
import { announceSignatureAlgorithms } from './server-sig-algs.ts';
import { checkInternals, checkVersion, internalsOf, Server } from './ssh2-internals.ts';

/** The identification string says what this is and no version: RFC 4253, section 4.2. */
const SOFTWARE = 'sshome';
/** How long nothing may be open on a connection before a stopping server ends it: `put -r` pauses between files. */
const QUIET_MS = 1000;
/** How often queues and idle connections are looked at. */
const WATCH_MS = 100;

export interface SshServer {
  readonly address: AddressInfo;
  sessions(): SessionInfo[];
  /** Ends the connections of a user who is no longer one. */
  endUser(user: string, reason: string): void;
  /** Ends every connection that has logged in and that `isMeant` says; returns how many. */
  endWhere(isMeant: (session: SessionInfo) => boolean, reason: string): number;
  /** Ends connections, logged in or not, and returns how many those are. */
  end(which: MeantConnections, reason: string): number;
  /** Stops accepting, waits up to `graceMs` for transfers under way, ends every connection. */
  stop(graceMs: number): Promise<void>;
}

/** One, or all from some addresses and networks but not from others, as parseAddressList reads them. */
export type MeantConnections = { readonly sessionId: string } | { readonly addresses: string; readonly except: string };

export interface SshServerParts {
  readonly host: string;
  readonly port: number;
  readonly hostKeys: readonly HostKey[];
  /** Keys that clients are told of before they are used. */
  readonly nextHostKeys: readonly HostKey[];
  /** What may be negotiated, of which all keys that it needs are in `hostKeys`. */
  readonly algorithms: AlgorithmLists;
  readonly backend: Backend;
  readonly limits: SshLimits;
}

/** Listens; rejects with the socket's error when that can't be done. */
export async function listen({
  host,
  port,
  hostKeys,
  nextHostKeys,
  algorithms,
  backend,
  limits,
}: SshServerParts): Promise<SshServer> {
  checkVersion();
  const connections = new Map<Socket, Connection>();
  const offer = serverOffer(
    effectiveAlgorithms(algorithms),
    hostKeys.map(({ type }) => type),
  );

  const ssh = new Server({
    hostKeys: hostKeys.map((key) => key.privateKey),
    ident: SOFTWARE,
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
    protocol._offer = offer;
    usePostQuantum(protocol);
    announceSignatureAlgorithms(protocol);
    offerHostKeys(client, [...hostKeys, ...nextHostKeys]);
    connection.greet(client, info);
  });

  const admission = new Admission({ limits });
  const proxies = parseAddressList(limits.proxyProtocolFrom);
  const mayLogin = ({ user }: Identity): boolean => {
    const own = [...connections.values()].filter((connection) => connection.identity?.user === user);
    return own.length < limits.maxSessionsPerUser;
  };

  const begin = async (socket: Socket, connection: Connection): Promise<void> => {
    if (proxies.includes(connection.origin.address)) {
      const { address } = await readProxyHeader(socket);
      if (address !== undefined) connection.passedOnFor(plainAddress(address));
    }
    if (!(await connection.admit(admission))) return;
    gatherIdentification(socket, 'client');
    ssh.injectSocket(socket);
  };

  // Our own socket server: ssh2's never sets TCP_NODELAY, which costs four fifths of the upload speed.
  const net = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (connections.size >= limits.maxConnections) {
      backend.log.warn('connection refused: there are too many', { address: socket.remoteAddress });
      socket.destroy();
      return;
    }
    const origin = {
      sessionId: randomBytes(5).toString('hex'),
      address: plainAddress(socket.remoteAddress ?? 'unknown'),
    };
    const connection = new Connection({ socket, origin, backend, limits, mayLogin });
    connections.set(socket, connection);
    connection.closed
      .catch((error: unknown) => backend.log.unexpected(error, 'ending a connection', { ...origin }))
      .finally(() => connections.delete(socket));
    begin(socket, connection).catch((error: unknown) => {
      socket.destroy();
      if (error instanceof ProxyHeaderError) backend.log.warn(error.message, { address: origin.address });
      else backend.log.unexpected(error, 'beginning a connection', { ...origin });
    });
  });
  const address = await startListening(net, host, port);
  net.on('error', (error) => backend.log.unexpected(error, 'accepting connections'));
  const budget = new QueueBudget({ maxBytes: limits.maxQueuedBytes });
  const watch = setInterval(() => {
    budget.check([...connections.values()]);
    for (const connection of connections.values()) connection.endIfIdle();
  }, WATCH_MS);

  const endWhere: SshServer['endWhere'] = (isMeant, reason) => {
    const meant = [...connections.values()].filter((connection) => {
      const session = connection.info();
      return session !== undefined && isMeant(session);
    });
    for (const connection of meant) connection.end(reason);
    return meant.length;
  };

  return {
    address,
    sessions: () => [...connections.values()].flatMap((connection) => connection.info() ?? []),
    endUser: (user, reason) => {
      endWhere((session) => session.user === user, reason);
    },
    endWhere,
    end: (which, reason) => {
      const isMeant = meaning(which);
      const meant = [...connections.values()].filter(({ origin }) => isMeant(origin));
      for (const connection of meant) connection.end(reason);
      return meant.length;
    },
    stop: async (graceMs) => {
      await stop(net, connections, graceMs);
      clearInterval(watch);
    },
  };
}

function meaning(which: MeantConnections): (origin: Origin) => boolean {
  if ('sessionId' in which) return ({ sessionId }) => sessionId === which.sessionId;
  const addresses = parseAddressList(which.addresses);
  const except = parseAddressList(which.except);
  return ({ address }) => addresses.includes(address) && !except.includes(address);
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
  const deadline = performance.now() + graceMs;
  const quietSince = new Map<Connection, number>();
  const timer = setInterval(sweep, 100);
  sweep();
  await closed;
  await Promise.allSettled([...connections.values()].map((connection) => connection.closed));
  clearInterval(timer);

  function sweep(): void {
    const now = performance.now();
    for (const connection of connections.values()) {
      if (connection.isBusy && now < deadline) {
        quietSince.set(connection, now);
      } else if (now >= deadline || now - (quietSince.get(connection) ?? 0) >= QUIET_MS) {
        connection.end('the server is stopping');
      }
    }
  }
}
