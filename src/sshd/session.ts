// The session channels of one connection (RFC 4254, section 6): which request leads to which face, and what the face
// gets to talk through.

import { EventEmitter } from 'node:events';
import type { AcceptConnection, Connection, PseudoTtyInfo, ServerChannel, Session, WindowChangeInfo } from 'ssh2';
import { decodeBytes } from '../model/bytes.ts';
import { isFileError } from '../model/error.ts';
import type { Identity, Origin } from '../model/identity.ts';
import { printable, printableShort } from '../model/printable.ts';
import { isScpCommand, runScp } from '../scp/scp.ts';
import { ProtocolError } from '../sftp/codec/protocol-error.ts';
import { serveSftp } from '../sftp/session.ts';
import { expandLine } from '../shell/expand-line.ts';
import { runCommand, runShell } from '../shell/shell.ts';
import type { Pty, ShellContext, Terminal } from '../shell/terminal.ts';
import type { Backend, UserSession } from './backend.ts';
import { adaptChannel, type SessionChannel } from './channel.ts';
import { closeUnused, failRequest } from './ssh2-internals.ts';
import type { TransportGuard } from './transport-guard.ts';

/** Exit status of a channel whose work ended in an error nobody foresaw (EX_SOFTWARE of sysexits.h). */
const EXIT_INTERNAL = 70;
const MAX_COMMAND_LOGGED = 200;

export interface SessionsParts {
  readonly client: Connection;
  readonly guard: TransportGuard;
  readonly backend: Backend;
  readonly identity: Identity;
  readonly origin: Origin;
  /** The client's software. */
  readonly software: string;
  /** The user's home and account, opened at the first use. */
  readonly open: () => Promise<UserSession>;
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
}

export interface Sessions {
  /** The peer has closed the channel with our number `id`. */
  closed(id: number): void;
  /** Resolves when no channel does anything any more. */
  done(): Promise<void>;
}

/** A request to start a program on a channel (RFC 4254, section 6.5); without `reject` no answer is wanted. */
interface ProgramRequest {
  readonly session: Session;
  readonly accept: AcceptConnection<ServerChannel>;
  readonly reject: (() => void) | undefined;
}

/** Serves every session channel that the connection opens. */
export function serveSessions(parts: SessionsParts): Sessions {
  const { client, backend, identity, origin } = parts;
  const channels = new Map<number, AbortController>();
  const working = new Set<Promise<void>>();

  const run = async (channel: SessionChannel, work: (session: UserSession) => Promise<number>): Promise<void> => {
    let exitStatus: number;
    try {
      exitStatus = await work(await parts.open());
    } catch (error) {
      if (error instanceof ProtocolError) {
        backend.log.warn(`sftp: ${printable(error.message)}`, { ...origin, user: identity.user });
      } else if (!(parts.signal.aborted && isFileError(error, 'cancelled'))) {
        const id = backend.log.unexpected(error, 'serving a session', { ...origin, user: identity.user });
        // A home that can't be used is a FileError, in words for its user.
        const what = isFileError(error) ? error.message : 'internal error';
        if (!channel.signal.aborted) channel.errorOutput.write(`sshome: ${what} (${id})\n`);
      }
      exitStatus = EXIT_INTERNAL;
    }
    await channel.finish(exitStatus);
  };

  /** Takes the channel and gives it its work; whatever happens in there ends in `run`. */
  const begin = (
    { session, accept, reject }: ProgramRequest,
    work: (session: UserSession, channel: SessionChannel) => Promise<number>,
  ): void => {
    // ssh2 gives no channel, and no answer either, for a second program on a channel that has one.
    const stream = accept() as ServerChannel | undefined;
    if (stream === undefined) {
      if (reject !== undefined) failRequest(client, session);
      return;
    }
    const id = channelId(stream);
    const gone = new AbortController();
    channels.set(id, gone);
    const channel = adaptChannel({
      channel: stream,
      guard: parts.guard,
      signal: AbortSignal.any([parts.signal, gone.signal]),
    });
    const done = run(channel, (session) => work(session, channel))
      .catch((error: unknown) => {
        backend.log.unexpected(error, 'ending a channel', { ...origin });
      })
      .finally(() => {
        channels.delete(id);
        working.delete(done);
        gone.abort();
      });
    working.add(done);
  };

  const command = async (session: UserSession, channel: SessionChannel, pty: Pty | undefined, line: string) => {
    const terminal = terminalOf(channel, pty);
    const face = isScpCommand(line) ? 'scp' : 'exec';
    const exitStatus =
      face === 'scp'
        ? await runScp(line, { files: session.files('scp', channel.signal), terminal, log: backend.log, expandLine })
        : await runCommand(line, shellContext(session, channel, 'exec'), terminal);
    backend.audit({
      event: 'session.command',
      ...origin,
      user: identity.user,
      command: printableShort(line, MAX_COMMAND_LOGGED),
      exitStatus,
    });
    return exitStatus;
  };

  const shellContext = (session: UserSession, { signal }: SessionChannel, face: 'shell' | 'exec'): ShellContext => ({
    identity,
    origin,
    files: session.files(face, signal),
    account: session.account,
    administration: session.administration(face),
    sessions: () => backend.sessions(identity),
    log: backend.log,
  });

  client.on('session', (acceptSession) => {
    const session = acceptSession();
    session.on('close', () => closeUnused(client, session));
    const pty = watchPty(session);
    session.on('shell', (accept, reject) =>
      begin({ session, accept, reject }, (user, channel) =>
        runShell(shellContext(user, channel, 'shell'), terminalOf(channel, pty())),
      ),
    );
    session.on('exec', (accept, reject) => {
      const line = decodeBytes(parts.guard.execCommand() ?? Buffer.alloc(0));
      begin({ session, accept, reject }, (user, channel) => command(user, channel, pty(), line));
    });
    session.on('subsystem', (accept: AcceptConnection<ServerChannel>, reject: (() => void) | undefined, { name }) => {
      if (name !== 'sftp') return reject?.();
      begin({ session, accept, reject }, async (user, channel) => {
        const pressure = parts.guard.takesUploads(channel.stream);
        await serveSftp({
          stream: channel.stream,
          signal: channel.signal,
          files: user.files('sftp', channel.signal),
          user: { name: identity.user },
          client: parts.software,
          limits: backend.sftpLimits,
          log: backend.log,
          pressure,
        });
        return 0;
      });
    });
  });

  return {
    closed: (id) => channels.get(id)?.abort(),
    done: async () => {
      await Promise.all(working);
    },
  };
}

/** Remembers the terminal that the client asks for, and its changes of size. */
function watchPty(session: Session): () => Pty | undefined {
  let info: (PseudoTtyInfo & { term?: string }) | undefined;
  let size: Pick<WindowChangeInfo, 'cols' | 'rows'> | undefined;
  const changes = new EventEmitter();
  session.on('pty', (accept, _reject, request) => {
    info = request;
    size = request;
    accept?.();
  });
  session.on('window-change', (_accept, _reject, request) => {
    size = request;
    changes.emit('resize');
  });
  return () =>
    info === undefined
      ? undefined
      : {
          type: info.term ?? '',
          get columns() {
            return clampSize(size?.cols);
          },
          get rows() {
            return clampSize(size?.rows);
          },
          onResize: (listener) => {
            changes.on('resize', listener);
            return () => changes.off('resize', listener);
          },
        };
}

/** Terminals larger than this are a client's mistake or a trap for the code that fills lines with spaces. */
function clampSize(size: number | undefined): number {
  return size === undefined || size < 1 || size > 4096 ? 0 : size;
}

function terminalOf(channel: SessionChannel, pty: Pty | undefined): Terminal {
  return {
    input: channel.stream,
    output: channel.stream,
    errorOutput: pty === undefined ? channel.errorOutput : channel.stream,
    pty,
    signal: channel.signal,
  };
}

function channelId(stream: ServerChannel): number {
  return (stream as unknown as { incoming: { id: number } }).incoming.id;
}
