// File names are bytes (model/bytes.ts), but ssh2's SFTP client knows UTF-8 only, and could not ask for a Latin-1 name.
// This file mends that on one session, by what ssh2 1.17 keeps in it; received-packets.ts mends the way back.

import type { SFTPWrapper } from 'ssh2';
import { encodeBytes } from '../model/bytes.ts';

/** The parts of ssh2's SFTP class that are used here. */
interface SftpInternals {
  /** Packets that wait for the window to open. */
  _buffer: Buffer[];
  _waitWindow: boolean;
  _chunkcb: (() => void) | undefined;
  readonly outgoing: { window: number };
}

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
  for (const { standIn, bytes } of exchanges) replaceString(packet, standIn, bytes);
  if (window > 0) {
    session._waitWindow = false;
    session._chunkcb?.();
  }
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

function internals(sftp: SFTPWrapper): SftpInternals {
  return sftp as unknown as SftpInternals;
}
