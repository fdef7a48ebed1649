// File names are bytes (model/bytes.ts), but ssh2's SFTP client knows UTF-8 only, and could not ask for a Latin-1 name.
// This file mends that; received-packets.ts mends the way back.

import type { SFTPWrapper } from 'ssh2';
import { encodeBytes } from '../model/bytes.ts';
import { sendChanged } from './sent-packets.ts';

/**
 * Calls `send` with what to give to ssh2 for each of `names`: the name itself, or for one that is not UTF-8 a
 * stand-in of as many bytes, which is exchanged for the name in the packet that `send` makes.
 */
export function withNameBytes<const Names extends readonly string[]>(
  sftp: SFTPWrapper,
  names: Names,
  send: (names: { [Index in keyof Names]: string }) => void,
): void {
  if (names.every((name) => name.isWellFormed())) {
    send(names as { [Index in keyof Names]: string });
    return;
  }
  const exchanges = names.map((name, index) => exchangeFor(name, index));
  sendExchanged(sftp, exchanges, () =>
    send(exchanges.map(({ standIn }) => standIn) as { [Index in keyof Names]: string }),
  );
}

/** What is put into a packet in the place of a string of as many bytes. */
export interface Exchange {
  readonly standIn: string;
  readonly bytes: Buffer;
}

/** Calls `send`, and exchanges strings in the packet that it makes before that leaves. */
export function sendExchanged(sftp: SFTPWrapper, exchanges: readonly Exchange[], send: () => void): void {
  sendChanged(sftp, send, (packet) => {
    for (const { standIn, bytes } of exchanges) replaceString(packet, standIn, bytes);
    return packet;
  });
}

function exchangeFor(name: string, index: number): Exchange {
  const bytes = encodeBytes(name);
  return { standIn: String.fromCharCode(1 + index).repeat(bytes.length), bytes };
}

/** Replaces an SSH string (RFC 4251, section 5) in a packet by another of the same length. */
function replaceString(packet: Buffer, from: string, to: Buffer): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(to.length);
  const at = packet.indexOf(Buffer.concat([length, Buffer.from(from)]));
  if (at < 0) throw new Error('ssh2 has made another packet than expected');
  to.copy(packet, at + 4);
}
