// The window of a channel that takes uploads (RFC 4254, section 5.2): how much a client may send ahead. ssh2 has 2 MiB,
// which over a round trip of 100 ms is 20 MB/s at most. Here it is as wide as the way is long, and opened again as soon as
// a part of it is used. What a reader who can't keep up leaves waiting is bounded by the connection instead: it is not read
// from then, unless it is the client that does not keep up, with its replies.

import type { ServerChannel } from 'ssh2';
import type { Pressure } from '../sftp/session.ts';
import type { Protocol } from '../transport/ssh2-protocol.ts';
import type { Reading } from './reading.ts';

/** What may wait in the channel before the connection stops being read from: as much as with ssh2's own window. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/** That of OpenSSH and ssh2. */
const LEAST_BYTES = 2 * 1024 * 1024;
/** 160 MiB a second: over a round trip of 100 ms that is a window of 16 MiB. */
const BYTES_PER_MS = 160 * 1024;

/**
 * How wide a window the way to the client needs, with a limit. No wider: OpenSSH's client takes in as much as the window
 * has room for, and spends its time on moving that about when it can't be sent. Sixteen of them that upload at once were
 * five times slower with 16 MiB than with 2, on one machine.
 */
export function windowFor(roundTripMs: number | undefined, maxBytes: number): number {
  return Math.min(maxBytes, Math.max(LEAST_BYTES, Math.ceil((roundTripMs ?? 0) * BYTES_PER_MS)));
}

interface ChannelInternals {
  readonly incoming: { window: number };
  readonly outgoing: { readonly id: number; readonly state: string };
}

export interface UploadWindow {
  /** To be called after each message of data for the channel. */
  received(): void;
}

/**
 * Opens the window of `channel` to `windowBytes` and keeps it so for as long as its reader keeps up. To be called in the
 * same turn as the reader begins: it listens for the channel's data, too.
 */
export function openUploadWindow(by: {
  channel: ServerChannel;
  protocol: Pick<Protocol, 'channelWindowAdjust'>;
  reading: Reading;
  windowBytes: number;
}): UploadWindow {
  const { channel, protocol, reading, windowBytes } = by;
  const { incoming, outgoing } = channel as unknown as ChannelInternals;

  const open = (): void => {
    const bytes = windowBytes - incoming.window;
    if (bytes < windowBytes / 8 || outgoing.state !== 'open') return;
    incoming.window += bytes;
    protocol.channelWindowAdjust(outgoing.id, bytes);
  };

  channel.on('data', () => {
    if (channel.readableLength > MAX_WAITING_BYTES / 2) return;
    open();
    reading.goOn('unread');
  });
  channel.once('close', () => reading.goOn('unread'));
  open();

  return {
    received: () => {
      // Behind what it has sent a client tells that it takes replies: then all that it may send ahead is kept.
      if (channel.readableLength > MAX_WAITING_BYTES && !channel.writableNeedDrain) reading.stop('unread');
    },
  };
}

/**
 * How the client of a channel is made to wait. Where it is the only channel of its connection, that is not read from:
 * nothing comes that would have to be kept. With others beside it, and where the client's own messages must tell that it
 * has taken what was sent (RFC 4254, section 5.2), the channel is paused, and what comes for it is kept.
 */
export function pressureOn(by: { channel: ServerChannel; reading: Reading; isAlone: () => boolean }): Pressure {
  const { channel, reading, isAlone } = by;
  const goOn = (): void => {
    reading.goOn('unhandled');
    if (channel.isPaused()) channel.resume();
  };
  channel.once('close', () => reading.goOn('unhandled'));
  return {
    stop: (surfeit) => {
      if (surfeit === 'requests' && isAlone()) return reading.stop('unhandled');
      reading.goOn('unhandled');
      reading.goOn('unread');
      channel.pause();
    },
    goOn,
  };
}
