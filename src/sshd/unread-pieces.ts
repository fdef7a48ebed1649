// What waits in a channel to be read, in few pieces. A window bounds the bytes and not the pieces, each of which takes 150
// bytes of memory, whatever is in it: a client that sends byte by byte what nobody reads would fill it with a hundred times
// the window.

import { Duplex } from 'node:stream';

const MIN_PIECES = 1024;
/** As many pieces of this size as there are bytes may wait before they are joined again: so joining costs little. */
const PIECE_BYTES = 64;

export interface UnreadPieces {
  /** To be called after each message of data for a channel. */
  received(channel: object | undefined): void;
}

export function joinUnreadPieces(): UnreadPieces {
  const counts = new WeakMap<Duplex, number>();
  return {
    received: (channel) => {
      if (!(channel instanceof Duplex)) return;
      const count = channel.readableLength === 0 ? 0 : (counts.get(channel) ?? 0) + 1;
      const isMany = count > MIN_PIECES + channel.readableLength / PIECE_BYTES;
      counts.set(channel, isMany ? 0 : count);
      if (isMany) join(channel);
    },
  };
}

/** Not where it flows, and not where ssh2 would take the reading for a reason to open the window. */
function join(channel: Duplex): void {
  if (channel.readableFlowing === true || channel.readableEnded || channel.destroyed) return;
  if (channel.readableLength >= channel.readableHighWaterMark) return;
  const listeners = channel.rawListeners('data') as Array<(chunk: Buffer) => void>;
  for (const listener of listeners) channel.off('data', listener);
  const all: unknown = channel.read();
  if (all instanceof Uint8Array) channel.unshift(all);
  for (const listener of listeners) channel.on('data', listener);
}
