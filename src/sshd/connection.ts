// One SSH connection from TCP accept to its end: who it is, how long it may take, what is open on it.

import type { Socket } from 'node:net';
import type { ClientInfo, Connection as SshClient } from 'ssh2';
import type { SessionInfo } from '../model/account.ts';
import type { Identity, Origin } from '../model/identity.ts';
import { printableShort } from '../model/printable.ts';
import { serveAuthentication } from './auth.ts';
import type { Backend, SshLimits, UserSession } from './backend.ts';
import { type Sessions, serveSessions } from './session.ts';
import { guardTransport } from './transport-guard.ts';

/** After a polite end the socket is given this long to send what is left. */
const LINGER_MS = 2000;
const MAX_SOFTWARE_LENGTH = 80;

export interface ConnectionParts {
  readonly socket: Socket;
  readonly origin: Origin;
  readonly backend: Backend;
  readonly limits: SshLimits;
}

/** Made at TCP accept; gone when the socket is closed. */
export class Connection {
  readonly origin: Origin;
  identity: Identity | undefined;
  /** Resolves when the socket is closed, and all that was done for it is done. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #backend: Backend;
  readonly #limits: SshLimits;
  readonly #since = new Date();
  readonly #ended = new AbortController();
  readonly #graceTimer: NodeJS.Timeout;
  #client: SshClient | undefined;
  #software = '';
  #session: Promise<UserSession> | undefined;
  #openSession: UserSession | undefined;
  #sessions: Sessions | undefined;
  #reason = 'closed by the client';

  constructor({ socket, origin, backend, limits }: ConnectionParts) {
    this.origin = origin;
    this.#socket = socket;
    this.#backend = backend;
    this.#limits = limits;
    // Traffic does not extend it: a client that trickles bytes is cut off like one that sends none.
    this.#graceTimer = setTimeout(() => this.#cut('login took too long'), limits.loginGraceMs);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#finish()));
    });
  }

  /** The client has sent its identification string; ssh2 takes it from here. */
  greet(client: SshClient, { header }: ClientInfo): void {
    this.#client = client;
    this.#software = printableShort(header.versions.software, MAX_SOFTWARE_LENGTH);
    const { origin } = this;
    this.#backend.audit({ event: 'session.open', ...origin, client: this.#software });
    client.on('error', (error: Error) => this.#failed(error));
    const guard = guardTransport({
      client,
      isAuthenticated: () => this.identity !== undefined,
      maxChannels: this.#limits.maxChannels,
      maxUnsentBytes: this.#limits.maxUnsentBytes,
      onViolation: (what) => this.#note(`protocol violation: ${what}`),
      onChannelClosed: (id) => this.#sessions?.closed(id),
    });
    serveAuthentication({
      client,
      backend: this.#backend,
      origin,
      software: this.#software,
      maxTries: this.#limits.maxAuthTries,
      onExhausted: () => this.end('too many failed logins'),
      onLogin: (identity) => {
        clearTimeout(this.#graceTimer);
        this.identity = identity;
        this.#sessions = serveSessions({
          client,
          guard,
          backend: this.#backend,
          identity,
          origin,
          software: this.#software,
          open: () => this.#openHome(identity),
          signal: this.#ended.signal,
        });
      },
    });
  }

  /** Whether a transfer or a command is under way that a stopping server should wait for. */
  get isBusy(): boolean {
    return (this.#openSession?.openFiles ?? 0) > 0;
  }

  info(): SessionInfo | undefined {
    if (this.identity === undefined) return undefined;
    return {
      ...this.origin,
      user: this.identity.user,
      client: this.#software,
      since: this.#since,
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
    };
  }

  /** Ends the connection politely, and for certain after a moment. */
  end(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#note(reason);
    this.#client?.end();
    this.#ended.abort();
    this.#destroySoon();
  }

  #cut(reason: string): void {
    this.#note(reason);
    this.#socket.destroy();
  }

  /** The first reason is the true one: what follows is its consequence. */
  #note(reason: string): void {
    if (this.#reason === 'closed by the client') this.#reason = reason;
  }

  #failed(error: Error & { level?: string; code?: string | number }): void {
    this.#note(printableShort(error.message, 200));
    this.#backend.log.debug('connection failed', { ...this.origin, error: printableShort(error.message, 200) });
    this.#destroySoon();
  }

  /** A peer that is gone without a word never answers the end of the connection. */
  #destroySoon(): void {
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  #openHome(identity: Identity): Promise<UserSession> {
    this.#session ??= this.#backend.openSession(identity, this.origin).then((session) => {
      if (this.#ended.signal.aborted) session.close();
      this.#openSession = session;
      return session;
    });
    return this.#session;
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#graceTimer);
    this.#ended.abort();
    await this.#sessions?.done();
    this.#openSession?.close();
    this.#backend.audit({
      event: 'session.close',
      ...this.origin,
      ...(this.identity === undefined ? {} : { user: this.identity.user }),
      durationMs: Date.now() - this.#since.getTime(),
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
      reason: this.#reason,
    });
  }
}
