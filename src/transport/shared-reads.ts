// One buffer that all connections read into, once they are logged in. Node has 64 KiB made for each read, and they soon
// are garbage; with uploads at full speed the collector takes a third of the server's time. What was read must have been
// taken, or copied, when the call that hands it out returns: sshd/transport-guard.ts and client/transport.ts see to that.
//
// net.Socket does this from the start for sockets that are made with the option `onread`, which servers do not make. What that
// option sets is set here; where a version of Node has it elsewhere, reading stays as it is.

import type { Socket } from 'node:net';
import type { Protocol } from './ssh2-protocol.ts';

/** Four reads in one, where the peer is fast. */
const SHARED_BYTES = 256 * 1024;

const shared: Buffer = Buffer.allocUnsafeSlow(SHARED_BYTES);

interface ReadingHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

/** Node's own names (lib/internal/stream_base_commons.js) for the buffer, and for whom to call with what was read. */
const BUFFER = 'kBuffer';
const CALLBACK = 'kBufferCb';

/**
 * A packet whose body has arrived and whose MAC has not: ssh2 keeps the place where the body lies, and copies it only if
 * it came in parts.
 */
function keepUnfinishedPacket({ _decipher: decipher }: Protocol): void {
  const packet = decipher?._packet;
  if (decipher !== undefined && packet?.buffer === shared.buffer) decipher._packet = Buffer.from(packet);
}

/**
 * From here on `socket` emits `data` with parts of the shared buffer. Returns whether it does; false leaves all as it was.
 * To be called while the socket is flowing and nothing waits in it.
 */
export function readIntoShared(socket: Socket, protocol: Protocol): boolean {
  const symbols = new Map(Object.getOwnPropertySymbols(socket).map((symbol) => [symbol.description, symbol]));
  const buffer = symbols.get(BUFFER);
  const callback = symbols.get(CALLBACK);
  const { _handle: handle } = socket as unknown as { readonly _handle: Partial<ReadingHandle> | null };
  if (buffer === undefined || callback === undefined || typeof handle?.useUserBuffer !== 'function') return false;
  if (socket.readableFlowing !== true || socket.readableLength > 0) return false;
  handle.useUserBuffer(shared);
  Object.assign(socket, {
    [buffer]: shared,
    [callback]: (length: number) => {
      socket.emit('data', shared.subarray(0, length));
      keepUnfinishedPacket(protocol);
      // False would stop the reading: whoever wants that has called pause().
      return true;
    },
  });
  return true;
}
