// sha256sum, sha1sum, md5sum: in the form of coreutils, which rclone reads: the sum, two spaces, the name. Without FILE
// the sum of the input.

import { createHash, type Hash } from 'node:crypto';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readPieces } from '../file-stream.ts';
import { eachOperand } from '../operands.ts';
import { UsageError } from '../options.ts';

export const sha256sum: Command = checksumCommand('sha256sum', 'sha256', 'SHA-256');
export const sha1sum: Command = checksumCommand('sha1sum', 'sha1', 'SHA-1');
export const md5sum: Command = checksumCommand('md5sum', 'md5', 'MD5');

const STANDARD_INPUT = '-';

function checksumCommand(name: string, algorithm: string, title: string): Command {
  return defineCommand({
    name,
    summary: `show ${title} checksums`,
    operands: '[FILE...]',
    count: [0, Number.POSITIVE_INFINITY],
    options: {},
    run: async (call) => {
      const operands = call.operands.length > 0 ? call.operands : [STANDARD_INPUT];
      if (call.io.input === undefined && operands.includes(STANDARD_INPUT)) {
        throw new UsageError('FILE is missing', { ...call.syntax, operands: 'FILE...' });
      }
      return eachOperand(call, operands, async (path, operand) => {
        const hash = createHash(algorithm);
        if (operand === STANDARD_INPUT) await addInput(hash, call);
        else await addFile(hash, call, path);
        await call.io.line(sumLine(hash.digest('hex'), operand, call));
      });
    },
  });
}

async function addInput(hash: Hash, { io }: Call): Promise<void> {
  for (let chunk = await io.input?.read(io.signal); chunk !== undefined; chunk = await io.input?.read(io.signal)) {
    hash.update(chunk);
  }
}

async function addFile(
  hash: Hash,
  { context, io }: Call,
  path: Parameters<typeof context.files.open>[0],
): Promise<void> {
  const file = await context.files.open(path, { read: true });
  try {
    await readPieces(file, io.signal, (piece) => {
      hash.update(piece);
    });
  } finally {
    await file.close();
  }
}

/** As coreutils: a name with a line break or backslash is escaped, and a backslash before the sum says so. */
function sumLine(sum: string, name: string, { io }: Call): string {
  if (io.interactive || !/[\\\n\r]/.test(name)) return `${sum}  ${io.shown(name)}`;
  return `\\${sum}  ${name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}`;
}
