// Strings behind their lengths, as SSH's messages have them (RFC 4251, section 5).

/** The strings one after the other, each behind its length. */
export function encodeStrings(strings: ReadonlyArray<Uint8Array | string>): Buffer {
  return Buffer.concat(
    strings.flatMap((string) => {
      const bytes = typeof string === 'string' ? Buffer.from(string, 'latin1') : string;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** The strings from `start` to the end of `data`; undefined if something else is there. They share its memory. */
export function decodeStrings(data: Buffer, start = 0): Buffer[] | undefined {
  const strings: Buffer[] = [];
  let at = start;
  while (at < data.length) {
    const from = at + 4;
    if (from > data.length) return undefined;
    at = from + data.readUInt32BE(at);
    if (at > data.length) return undefined;
    strings.push(data.subarray(from, at));
  }
  return strings;
}

/** One string of `data`, or undefined if it does not fit. */
export function readString(data: Buffer, at: number): Buffer | undefined {
  if (at + 4 > data.length) return undefined;
  const end = at + 4 + data.readUInt32BE(at);
  return end > data.length ? undefined : data.subarray(at + 4, end);
}

/** A number that is not negative as an mpint has it, without its length: no zeros before it, but one where it would look negative. */
export function encodeMpint(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  if (start < 0) return Buffer.alloc(0);
  const digits = number.subarray(start);
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
}
