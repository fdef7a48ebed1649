// One SSH connection from TCP accept to its end: who it is, how long it may take, what is open on it.

import type { Socket } from 'node:net';
import type { ClientInfo, Connection as SshClient } from 'ssh2';
import { MAX_FILES_SHOWN, type OpenFileInfo, type SessionInfo } from '../model/account.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Lease } from '../model/lease.ts';
import type { LiveLogin } from '../model/login.ts';
import type { Offence } from '../model/penalty.ts';
import { printableShort } from '../model/printable.ts';
import { reuseOutgoingPackets } from '../transport/outgoing-packets.ts';
import { keepRekeying, type Rekeying } from '../transport/rekey.ts';
import { type Authentication, serveAuthentication } from './auth.ts';
import type { Backend, SshLimits, UserSession } from './backend.ts';
import type { Queue } from './queue-budget.ts';
import { createReading, type Reading } from './reading.ts';
import { type Sessions, serveSessions } from './session.ts';
import { internalsOf, queuedInChannels } from './ssh2-internals.ts';
import { guardTransport, type TransportGuard } from './transport-guard.ts';

/** After a polite end the socket is given this long to send what is left. */
const LINGER_MS = 2000;
const MAX_SOFTWARE_LENGTH = 80;
/** What OpenSSH says to a source that is turned away. */
const TURNED_AWAY = 'Not allowed at this time\r\n';

export interface ConnectionParts {
  readonly socket: Socket;
  readonly origin: Origin;
  readonly backend: Backend;
  readonly limits: SshLimits;
}

/** Made at TCP accept; gone when the socket is closed. */
export class Connection implements Queue {
  identity: Identity | undefined;
  /** How that came about. */
  login: LiveLogin | undefined;
  /** Resolves when the socket is closed, and all that was done for it is done. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #reading: Reading;
  readonly #backend: Backend;
  readonly #limits: SshLimits;
  readonly #since = new Date();
  readonly #sinceMs = performance.now();
  readonly #ended = new AbortController();
  readonly #graceTimer: NodeJS.Timeout;
  #origin: Origin;
  /** Among the connections that have not logged in, and among the sessions of the user who has. */
  #place: Lease | undefined;
  #userPlace: Lease | undefined;
  #client: SshClient | undefined;
  #guard: TransportGuard | undefined;
  #rekeying: Rekeying | undefined;
  #software = '';
  #session: Promise<UserSession> | undefined;
  #openSession: UserSession | undefined;
  #authentication: Authentication | undefined;
  #sessions: Sessions | undefined;
  #reason = 'closed by the client';
  /** What the source will be punished for, if this connection never logs in. */
  #offence: Offence | undefined;

  constructor({ socket, origin, backend, limits }: ConnectionParts) {
    this.#origin = origin;
    this.#socket = socket;
    this.#reading = createReading(socket);
    this.#backend = backend;
    this.#limits = limits;
    // Traffic does not extend it: a client that trickles bytes is cut off like one that sends none.
    this.#graceTimer = setTimeout(() => this.#graceIsOver(), limits.loginGraceMs);
    // ssh2 asks for no sign of life any more then, and what is left to be sent may never be taken.
    socket.once('end', () => this.#destroySoon());
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#finish()));
    });
  }

  get origin(): Origin {
    return this.#origin;
  }

  /** A proxy has told whose connection this is. */
  passedOnFor(address: string): void {
    this.#origin = { ...this.#origin, address };
  }

  /** Whether it may begin: not at once, maybe. One that may not is ended. */
  async admit(): Promise<boolean> {
    const answer = await this.#backend.admission.arrive(this.#origin.address, this.#ended.signal);
    if (answer === 'turned-away') {
      this.#note('turned away: the source has a penalty');
      this.#socket.end(TURNED_AWAY);
      this.#destroySoon();
      return false;
    }
    if (answer === 'dropped') {
      this.#cut('dropped: too many connections that have not logged in');
      return false;
    }
    if (this.#ended.signal.aborted) {
      answer.release();
      return false;
    }
    this.#place = answer;
    this.#offence = 'noauth';
    return true;
  }

  /** The client has sent its identification string; ssh2 takes it from here. */
  greet(client: SshClient, { header }: ClientInfo): void {
    this.#client = client;
    this.#software = printableShort(header.versions.software, MAX_SOFTWARE_LENGTH);
    const origin = this.#origin;
    this.#backend.audit({ event: 'session.open', ...origin, client: this.#software });
    client.on('error', (error: Error) => this.#failed(error));
    reuseOutgoingPackets(internalsOf(client)._protocol, this.#socket);
    const rekeying = keepRekeying({
      protocol: internalsOf(client)._protocol,
      limits: this.#limits,
      maxWaitingBytes: this.#limits.maxUnsentBytes,
      onStalled: (what) => {
        if (this.identity === undefined) this.#offence = 'crash';
        this.#cut(`protocol violation: ${what}`);
      },
    });
    this.#rekeying = rekeying;
    const guard = guardTransport({
      client,
      rekeying,
      isAuthenticated: () => this.identity !== undefined,
      maxChannels: this.#limits.maxChannels,
      maxUnsentBytes: this.#limits.maxUnsentBytes,
      windowBytes: this.#limits.windowBytes,
      reading: this.#reading,
      rekeysPerSecond: this.#limits.rekeysPerSecond,
      onViolation: (what) => {
        this.#offence = 'crash';
        this.#note(`protocol violation: ${what}`);
        this.#giveUp();
      },
      onDisconnect: () => this.#giveUp(),
      onChannelClosed: (id) => this.#sessions?.closed(id),
    });
    this.#guard = guard;
    this.#authentication = serveAuthentication({
      client,
      backend: this.#backend,
      origin,
      software: this.#software,
      maxTries: this.#limits.maxAuthTries,
      signal: this.#ended.signal,
      onExhausted: () => this.end('too many failed logins'),
      // Whoever has proven something looks for a phone now. A stranger gets no more time, whatever is sent.
      onStep: () => {
        if (!this.#ended.signal.aborted) this.#graceTimer.refresh();
      },
      onRefused: (reason) => {
        if (reason === 'unknown-user') this.#offence = 'invaliduser';
        else if (reason !== 'overloaded' && this.#offence === 'noauth') this.#offence = 'authfail';
      },
      onLogin: ({ identity, login, place }) => {
        clearTimeout(this.#graceTimer);
        this.#place?.release();
        this.#userPlace = place;
        this.#offence = undefined;
        this.identity = identity;
        this.login = login;
        guard.loggedIn();
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

  /** Whether a file is open that a stopping server should wait for. */
  get isBusy(): boolean {
    return (this.#openSession?.openFiles.size ?? 0) > 0;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength + (this.#client === undefined ? 0 : queuedInChannels(this.#client));
  }

  hold(): void {
    this.#reading.stop('queued');
  }

  release(): void {
    this.#reading.goOn('queued');
  }

  /** Ends the connection if nothing has happened on it for as long as is allowed. */
  endIfIdle(): void {
    if (this.#client === undefined || this.#guard === undefined || this.identity === undefined) return;
    const { idleTimeoutMs, unusedTimeoutMs } = this.#limits;
    const idleMs = performance.now() - this.#guard.lastActivityMs();
    const isUnused = internalsOf(this.#client)._chanMgr._count === 0;
    if (isUnused && unusedTimeoutMs > 0 && idleMs > unusedTimeoutMs) this.end('no channel was open for too long');
    else if (idleTimeoutMs > 0 && idleMs > idleTimeoutMs) this.end('idle for too long');
  }

  info(): SessionInfo | undefined {
    if (this.identity === undefined) return undefined;
    return {
      ...this.#origin,
      user: this.identity.user,
      client: this.#software,
      since: this.#since,
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
      idleMs: this.#guard === undefined ? 0 : Math.round(performance.now() - this.#guard.lastActivityMs()),
      files: filesShown(this.#openSession?.openFiles),
    };
  }

  /** Ends the connection politely, and for certain after a moment. */
  end(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#note(reason);
    this.#client?.end();
    this.#ended.abort();
    this.#giveUp();
  }

  #graceIsOver(): void {
    this.#offence = 'grace-exceeded';
    this.#cut('login took too long');
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
    this.#backend.log.debug('connection failed', { ...this.#origin, error: printableShort(error.message, 200) });
    this.#giveUp();
  }

  /**
   * Looks at nothing more that comes: ssh2 goes on reading after an error, and keeps what belongs to a packet of any length.
   * What is still to be sent has a moment to leave.
   */
  #giveUp(): void {
    this.#socket.removeAllListeners('data').resume();
    this.#destroySoon();
  }

  /** A peer that is gone without a word never answers the end of the connection. */
  #destroySoon(): void {
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  #openHome(identity: Identity): Promise<UserSession> {
    this.#session ??= this.#backend.openSession(identity, this.#origin, this.#ended.signal).then((session) => {
      if (this.#ended.signal.aborted) session.close();
      this.#openSession = session;
      return session;
    });
    return this.#session;
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#graceTimer);
    this.#rekeying?.stop();
    this.#ended.abort();
    this.#place?.release();
    this.#userPlace?.release();
    // What the last request has come to is still to be recorded, and its source punished for it.
    await this.#authentication?.done();
    if (this.#offence !== undefined) this.#backend.turnstile.punish(this.#origin.address, this.#offence);
    await this.#sessions?.done();
    this.#openSession?.close();
    this.#backend.audit({
      event: 'session.close',
      ...this.#origin,
      ...(this.identity === undefined ? {} : { user: this.identity.user }),
      durationMs: Math.round(performance.now() - this.#sinceMs),
      bytesReceived: this.#socket.bytesRead,
      bytesSent: this.#socket.bytesWritten,
      reason: this.#reason,
    });
  }
}

/** What the open files are at this moment. */
function filesShown(openFiles: ReadonlySet<OpenFileInfo> = new Set()): OpenFileInfo[] {
  return [...openFiles].slice(0, MAX_FILES_SHOWN).map(({ path, direction, bytes }) => ({ path, direction, bytes }));
}
