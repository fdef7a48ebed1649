// Reads the first line of standard input, for secrets that come from a program.

// Longer than any password that is taken, so that one that is too long is told so.
const MAX_BYTES = 64 * 1024;

/** The first line without its end (LF or CR LF); what comes after it is not looked at. */
export async function readFirstLine(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    const end = bytes.indexOf(0x0a);
    chunks.push(end < 0 ? bytes : bytes.subarray(0, end));
    size += bytes.length;
    if (end >= 0 || size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8').replace(/\r$/, '');
}
