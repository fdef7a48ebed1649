// One accepted channel, with what ssh2's Channel lacks: back-pressure from the socket, and word when the peer is gone.

import type { Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { TransportGuard } from './transport-guard.ts';

export interface SessionChannel {
  readonly stream: ServerChannel;
  readonly errorOutput: Writable;
  /** Aborted when the peer closed the channel or the connection ended. */
  readonly signal: AbortSignal;
  /** Sends the exit status, EOF and close (RFC 4254, sections 5.3 and 6.10) after all that was written. */
  finish(exitStatus: number): Promise<void>;
}

type WriteCallback = (error?: Error | null) => void;

interface WritableInternals {
  _write(chunk: Buffer, encoding: BufferEncoding | null, callback: WriteCallback): void;
}

/** What ssh2 keeps of a write that the window had no room for. */
interface WindowWait {
  _chunk: Buffer | undefined;
  _chunkcb: WriteCallback | undefined;
  _chunkErr: Buffer | undefined;
  _chunkcbErr: WriteCallback | undefined;
}

export function adaptChannel(by: {
  channel: ServerChannel;
  guard: TransportGuard;
  signal: AbortSignal;
}): SessionChannel {
  const { channel, guard, signal } = by;
  // Errors after the peer is gone have nobody to be told to; the signal has ended the work already.
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
  const waiting = channel as unknown as WindowWait;
  const errors = channel.stderr as unknown as WritableInternals;
  holdBackUntilDrained(channel, guard, () => {
    waiting._chunk = undefined;
    waiting._chunkcb = undefined;
    // When the window opens, ssh2 goes on with one of the two that wait for it.
    const { _chunkErr: chunk, _chunkcbErr: callback } = waiting;
    if (chunk !== undefined && callback !== undefined) errors._write(chunk, null, callback);
  });
  holdBackUntilDrained(channel.stderr, guard, () => {
    waiting._chunkErr = undefined;
    waiting._chunkcbErr = undefined;
  });
  return {
    stream: channel,
    errorOutput: channel.stderr,
    signal,
    finish: (exitStatus) => finish(channel, exitStatus, signal),
  };
}

/**
 * ssh2 counts a write as done when it is encrypted, however much the socket holds back: a peer with a large window that
 * reads nothing would fill the memory. So the next write waits until the socket has been emptied.
 *
 * `forget` is called when all of a write has gone out: ssh2 keeps what the window had no room for also after it was sent,
 * and would send it again when next something waits.
 */
function holdBackUntilDrained(stream: Writable, guard: TransportGuard, forget: () => void): void {
  const internals = stream as unknown as WritableInternals;
  const write = internals._write;
  let done: WriteCallback | undefined;
  internals._write = (chunk, encoding, callback) => {
    // With each opening of the window ssh2 writes again what is left, and hands in the callback that it was given here.
    if (callback !== done) {
      done = (error) => {
        forget();
        if (error) callback(error);
        else guard.whenDrained(callback);
      };
    }
    write.call(stream, chunk, encoding, done);
  };
}

async function finish(channel: ServerChannel, exitStatus: number, signal: AbortSignal): Promise<void> {
  // What was written before must have left: the exit status overtakes what still waits for the window.
  await flushed(channel.stderr, signal);
  await flushed(channel, signal);
  if (signal.aborted) return;
  channel.exit(exitStatus);
  channel.end();
}

function flushed(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || !stream.writable || stream.writableLength === 0) return resolve();
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    stream.write(Buffer.alloc(0), done);
  });
}
