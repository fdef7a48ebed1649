// The peer's identification string (RFC 4253, section 4.2), which may arrive in any number of pieces. ssh2 1.17 keeps the
// first piece of it, and loses each further one that does not end the line: it is given the line whole.

import type { Socket } from 'node:net';

/** Whose identification string is awaited. Servers alone may send other lines before it. */
export type Awaited = 'client' | 'server';

/**
 * Where ssh2 would have found the line too long, and what a server may send before its own line. What is longer is
 * handed on as it is, and refused by ssh2.
 */
const MAX_BYTES = { client: 8192, server: 64 * 1024 } satisfies Record<Awaited, number>;

const LINE_END = 0x0a;

/** To be called before ssh2 begins to read from the socket. */
export function gatherIdentification(socket: Socket, of: Awaited): void {
  socket.on('newListener', watch);

  function watch(event: string | symbol, parse: (data: Buffer) => void): void {
    if (event !== 'data') return;
    socket.off('newListener', watch);
    // It is added right after this event; what has arrived is handed out later than this tick.
    process.nextTick(() => {
      socket.off('data', parse);
      gather(parse);
    });
  }

  function gather(parse: (data: Buffer) => void): void {
    const pieces: Buffer[] = [];
    let lengthBytes = 0;
    const take = (piece: Buffer): void => {
      pieces.push(piece);
      lengthBytes += piece.length;
      const mayBeWhole = piece.includes(LINE_END) && isWhole(Buffer.concat(pieces), of);
      if (!mayBeWhole && lengthBytes < MAX_BYTES[of]) return;
      socket.off('data', take);
      socket.on('data', parse);
      parse(pieces.length === 1 ? piece : Buffer.concat(pieces));
    };
    socket.on('data', take);
  }
}

/** Whether the line is there; any line of a client will do, as the first one must be it. */
function isWhole(bytes: Buffer, of: Awaited): boolean {
  return of === 'client' || /^SSH-[^\n]*\n/m.test(bytes.toString('latin1'));
}
