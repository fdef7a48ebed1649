// What replies a stream of requests should have.

/** The ids of the whole packets in `bytes`, up to the first that has none. */
export function idsIn(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (length < 5 || length > 257 * 1024 || at + 4 + length > bytes.length || bytes[at + 4] === 1) break;
    ids.push(bytes.readUInt32BE(at + 5));
    at += 4 + length;
  }
  return ids;
}
