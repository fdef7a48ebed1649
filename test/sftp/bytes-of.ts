// Packets for tests, written the way the draft lists their fields: one field after the other.

/** A field of a packet, as bytes. */
export const u8 = (value: number): Buffer => Buffer.from([value]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function str(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes]);
}

/** Bytes written in hexadecimal, blanks between them allowed. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The fields, with their length in front: a packet on the wire. */
export function packet(...fields: readonly Buffer[]): Buffer {
  return str(Buffer.concat(fields));
}

export const INIT: Buffer = packet(u8(1), u32(3));

/** ATTRS without any. */
export const NO_ATTRIBUTES: Buffer = u32(0);
