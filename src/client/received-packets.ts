// The packet that ssh2's SFTP client is receiving: the one field of it that decides where a packet is put together, and how
// names are read out of it. ssh2 has a buffer made for each, a quarter of a megabyte for each READ; and it takes all names
// for UTF-8.

import type { SFTPWrapper } from 'ssh2';
import { decodeBytes } from '../model/bytes.ts';

/** The parts of ssh2's SFTP class that are used here. */
interface SftpInternals {
  /** The packet being received, without its length; asked for before there is one, to see whether there is. */
  _pkt: Buffer | undefined;
  readonly _pktLen: number;
}

const NAME_PACKET = 104;

/** Smaller ones cost little, and parts of them may be kept. */
const LARGE_BYTES = 16 * 1024;
/** A DATA packet for the largest READ. */
const KEPT_BYTES = 256 * 1024;

/**
 * From now on large packets that arrive on `sftp` are put together in one place, one after the other, and names are read
 * as `decodeBytes` reads them. Whoever gets a part of an answer must have copied it when the call returns.
 */
export function receivePackets(sftp: SFTPWrapper): void {
  const session = sftp as unknown as SftpInternals;
  let kept: Buffer | undefined;
  let packet: Buffer | undefined;
  Object.defineProperty(session, '_pkt', {
    get() {
      const length = session._pktLen;
      if (packet === undefined && length >= LARGE_BYTES && length <= KEPT_BYTES) {
        kept ??= Buffer.allocUnsafeSlow(KEPT_BYTES);
        packet = kept.subarray(0, length);
      }
      // ssh2 reads strings out of the packet by its method utf8Slice.
      if (packet?.[0] === NAME_PACKET) Object.assign(packet, { utf8Slice: exactSlice });
      return packet;
    },
    set(next: Buffer | undefined) {
      packet = next;
    },
  });
}

function exactSlice(this: Buffer, start?: number, end?: number): string {
  return decodeBytes(this.subarray(start, end));
}
