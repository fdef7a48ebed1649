// The SSH server of one process: the connections it was handed, from their first byte to their end.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ClientInfo, Connection as SshClient } from 'ssh2';
import type { SessionInfo } from '../model/account.ts';
import { parseAddressList, plainAddress } from '../model/address.ts';
import type { AlgorithmLists } from '../model/algorithms.ts';
import type { Origin } from '../model/identity.ts';
import type { LiveLogin } from '../model/login.ts';
import { gatherIdentification } from '../transport/identification.ts';
import { usePostQuantum } from '../transport/mlkem768x25519.ts';
import { effectiveAlgorithms, serverOffer } from './algorithms.ts';
import type { Backend, SshLimits } from './backend.ts';
import { Connection } from './connection.ts';
import type { HostKey } from './host-key.ts';
import { offerOf } from './host-key-proof.ts';
import { ProxyHeaderError, readProxyHeader } from './proxy-protocol.ts';
import { QueueBudget } from './queue-budget.ts';
import { announceSignatureAlgorithms } from './server-sig-algs.ts';
import { signingKey } from './signing-key.ts';
import { checkInternals, checkVersion, internalsOf, Server } from './ssh2-internals.ts';

/** The identification string says what this is and no version: RFC 4253, section 4.2. */
const SOFTWARE = 'sshome';
/** How long nothing may be open on a connection before a stopping server ends it: `put -r` pauses between files. */
const QUIET_MS = 1000;
/** How often queues and idle connections are looked at. */
const WATCH_MS = 100;

export interface SshServer {
  /** Serves a connection that nobody has read from; resolves when it is closed, and all that was done for it is done. */
  take(socket: Socket): Promise<void>;
  sessions(): SessionInfo[];
  /** Ends the logins for which `reason` gives one. */
  endWhere(reason: (login: LiveLogin) => string | undefined): void;
  /** Ends connections, logged in or not, and returns how many those are. */
  end(which: MeantConnections, reason: string): number;
  /** Who is logged in, and how. */
  logins(): LiveLogin[];
  /** Waits up to `graceMs` for transfers under way, and ends every connection. Takes no more. */
  stop(graceMs: number): Promise<void>;
}

/** One, or all from some addresses and networks but not from others, as parseAddressList reads them. */
export type MeantConnections = { readonly sessionId: string } | { readonly addresses: string; readonly except: string };

export interface SshServerParts {
  readonly hostKeys: readonly HostKey[];
  /** Keys that clients are told of before they are used. */
  readonly nextHostKeys: readonly HostKey[];
  /** What may be negotiated, of which all keys that it needs are in `hostKeys`. */
  readonly algorithms: AlgorithmLists;
  readonly backend: Backend;
  readonly limits: SshLimits;
}

export function createSshServer({ hostKeys, nextHostKeys, algorithms, backend, limits }: SshServerParts): SshServer {
  checkVersion();
  const connections = new Map<Socket, Connection>();
  const offer = serverOffer(
    effectiveAlgorithms(algorithms),
    hostKeys.map(({ type }) => type),
  );
  const keys = hostKeys.map(({ privateKey }) => signingKey(privateKey));
  const offerHostKeys = offerOf([...keys, ...nextHostKeys.map(({ privateKey }) => signingKey(privateKey))]);

  const ssh = new Server({
    hostKeys: keys.map((key) => ({ key })),
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
    offerHostKeys(client);
    connection.greet(client, info);
  });

  const proxies = parseAddressList(limits.proxyProtocolFrom);

  const begin = async (socket: Socket, connection: Connection): Promise<void> => {
    if (proxies.includes(connection.origin.address)) {
      const { address } = await readProxyHeader(socket);
      if (address !== undefined) connection.passedOnFor(plainAddress(address));
    }
    if (!(await connection.admit())) return;
    gatherIdentification(socket, 'client');
    ssh.injectSocket(socket);
  };

  let isStopping = false;

  const take = async (socket: Socket): Promise<void> => {
    socket.on('error', () => socket.destroy());
    if (isStopping) {
      socket.destroy();
      return;
    }
    const origin = {
      sessionId: randomBytes(5).toString('hex'),
      address: plainAddress(socket.remoteAddress ?? 'unknown'),
    };
    const connection = new Connection({ socket, origin, backend, limits });
    connections.set(socket, connection);
    begin(socket, connection).catch((error: unknown) => {
      socket.destroy();
      if (error instanceof ProxyHeaderError) backend.log.warn(error.message, { address: origin.address });
      else backend.log.unexpected(error, 'beginning a connection', { ...origin });
    });
    try {
      await connection.closed;
    } catch (error) {
      backend.log.unexpected(error, 'ending a connection', { ...origin });
    }
    connections.delete(socket);
  };

  const budget = new QueueBudget({ maxBytes: limits.maxQueuedBytes });
  const watch = setInterval(() => {
    budget.check([...connections.values()]);
    for (const connection of connections.values()) connection.endIfIdle();
  }, WATCH_MS);

  return {
    take,
    sessions: () => [...connections.values()].flatMap((connection) => connection.info() ?? []),
    logins: () => [...connections.values()].flatMap(({ login }) => login ?? []),
    endWhere: (reasonOf) => {
      for (const connection of connections.values()) {
        const reason = connection.login && reasonOf(connection.login);
        if (reason !== undefined) connection.end(reason);
      }
    },
    end: (which, reason) => {
      const isMeant = meaning(which);
      const meant = [...connections.values()].filter(({ origin }) => isMeant(origin));
      for (const connection of meant) connection.end(reason);
      return meant.length;
    },
    stop: async (graceMs) => {
      isStopping = true;
      await stop(connections, graceMs);
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

async function stop(connections: Map<Socket, Connection>, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  const quietSince = new Map<Connection, number>();
  const timer = setInterval(sweep, 100);
  sweep();
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
