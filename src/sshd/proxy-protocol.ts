// The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt): a proxy that is trusted tells whose connection it
// passes on, before anything else is sent. Parsing is pure; `readProxyHeader` takes the header off a socket.

import type { Socket } from 'node:net';
import { isIP } from 'node:net';

/** What a header says: the client's address, or undefined when the proxy speaks for itself (LOCAL, UNKNOWN). */
export interface ProxyHeader {
  readonly address: string | undefined;
  /** How long the header is; what follows is the client's. */
  readonly lengthBytes: number;
}

/** The header is not one. */
export class ProxyHeaderError extends Error {
  override readonly name = 'ProxyHeaderError';
}

const SIGNATURE_V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** "Worst case" of version 1, with its line end. */
const MAX_V1_BYTES = 107;
/** Version 2 may carry more than addresses; more than this no proxy sends. */
const MAX_V2_BYTES = 16 + 2048;

/**
 * Reads the header at the start of `bytes`; undefined while it is not complete.
 *
 * @throws ProxyHeaderError
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  const beginsV2 = SIGNATURE_V2.subarray(0, bytes.length).equals(bytes.subarray(0, SIGNATURE_V2.length));
  if (beginsV2) return bytes.length < 16 ? undefined : parseV2(bytes);
  const prefix = 'PROXY ';
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, prefix.length));
  if (!prefix.startsWith(start)) throw new ProxyHeaderError('the connection does not begin with a PROXY header');
  return parseV1(bytes);
}

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 22\r\n` */
function parseV1(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.indexOf('\r\n');
  // The same whether the line came in one piece or not.
  if ((end < 0 ? bytes.length : end + 1) >= MAX_V1_BYTES) throw new ProxyHeaderError('the PROXY line has no end');
  if (end < 0) return undefined;
  const [, family, address = ''] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { address: undefined, lengthBytes: end + 2 };
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined;
  if (version === undefined || isIP(address) !== version) throw new ProxyHeaderError('the PROXY line has no address');
  return { address, lengthBytes: end + 2 };
}

/** 12 bytes signature, version and command, family and protocol, uint16 length, addresses. */
function parseV2(bytes: Buffer): ProxyHeader | undefined {
  const versionAndCommand = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const lengthBytes = 16 + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) throw new ProxyHeaderError('the PROXY header has an unknown version');
  if (lengthBytes > MAX_V2_BYTES) throw new ProxyHeaderError('the PROXY header is too long');
  if (bytes.length < lengthBytes) return undefined;
  const command = versionAndCommand & 0xf;
  if (command === 0) return { address: undefined, lengthBytes };
  if (command !== 1) throw new ProxyHeaderError('the PROXY header has an unknown command');
  if (family === 0x11 && lengthBytes >= 16 + 12) return { address: [...bytes.subarray(16, 20)].join('.'), lengthBytes };
  if (family === 0x21 && lengthBytes >= 16 + 36) return { address: ipv6(bytes.subarray(16, 32)), lengthBytes };
  throw new ProxyHeaderError('the PROXY header is not of a TCP connection');
}

function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(':');
}

/**
 * Takes the header off a socket that nobody reads yet, and leaves it paused with the rest in front.
 *
 * @throws ProxyHeaderError also when the socket ends before the header does
 */
export function readProxyHeader(socket: Socket): Promise<ProxyHeader> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = (act: () => void): void => {
      socket.off('data', onData).off('close', onClose);
      socket.pause();
      act();
    };
    const onClose = (): void => finish(() => reject(new ProxyHeaderError('the connection ended before its header')));
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const header = parseProxyHeader(bytes);
        if (header === undefined) return;
        finish(() => {
          const rest = bytes.subarray(header.lengthBytes);
          if (rest.length > 0) socket.unshift(rest);
          resolve(header);
        });
      } catch (error) {
        finish(() => reject(error));
      }
    };
    socket.on('data', onData).on('close', onClose);
    socket.resume();
  });
}
