// The packets that ssh2's SFTP client sends, changed before they leave: what ssh2 can't be told to send, and what it would
// make anew for each.

import type { SFTPWrapper } from 'ssh2';
import { largeBuffers } from '../streams/large-buffers.ts';

/** The parts of ssh2's SFTP class that are used here. */
interface SftpInternals {
  /** Packets that wait for the window to open, or what is left of them. */
  _buffer: Buffer[];
  _waitWindow: boolean;
  _chunkcb: (() => void) | undefined;
  readonly outgoing: { window: number };
}

/** Calls `send`, and sends what `change` makes of the packet that it has made. */
export function sendChanged(sftp: SFTPWrapper, send: () => void, change: (packet: Buffer) => Buffer): void {
  const session = internals(sftp);
  // With a closed window ssh2 keeps the packet back, where it can be changed.
  const { window } = session.outgoing;
  const waiting = session._buffer.length;
  session.outgoing.window = 0;
  try {
    send();
  } finally {
    session.outgoing.window = window;
  }
  const packet = session._buffer.at(-1);
  if (packet === undefined || session._buffer.length === waiting) return;
  session._buffer[session._buffer.length - 1] = change(packet);
  if (window > 0) {
    session._waitWindow = false;
    session._chunkcb?.();
  }
}

const LENGTH_BYTES = 4;

/**
 * Sends a WRITE of `data`, which is copied at once and is no more than the server takes. ssh2 has a buffer made for each, a
 * quarter of a megabyte, and to find them to be garbage is a tenth of an upload; this one is used again.
 */
export function sendWrite(
  sftp: SFTPWrapper,
  { id, data, offset }: { readonly id: Buffer; readonly data: Buffer; readonly offset: number },
  answer: (error?: Error | null) => void,
): void {
  if (data.length === 0) {
    answer();
    return;
  }
  let packet: Buffer | undefined;
  const answered = (error?: Error | null): void => {
    if (packet !== undefined && !waits(sftp, packet)) largeBuffers.giveBack(packet);
    answer(error);
  };
  // With one byte of it ssh2 makes the head, and knows of the request.
  sendChanged(
    sftp,
    () => sftp.write(id, data, 0, 1, offset, answered),
    (model) => {
      const headBytes = model.length - 1;
      packet = largeBuffers.take(headBytes + data.length);
      model.copy(packet, 0, 0, headBytes);
      packet.writeUInt32BE(packet.length - LENGTH_BYTES, 0);
      packet.writeUInt32BE(data.length, headBytes - LENGTH_BYTES);
      data.copy(packet, headBytes);
      return packet;
    },
  );
}

/** Whether a part of it has not been sent. An honest server has all before it answers. */
function waits(sftp: SFTPWrapper, { buffer: memory }: Buffer): boolean {
  return internals(sftp)._buffer.some(({ buffer }) => buffer === memory);
}

function internals(sftp: SFTPWrapper): SftpInternals {
  return sftp as unknown as SftpInternals;
}
