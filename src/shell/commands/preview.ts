// preview: the beginning of a file.

import type { OpenFile } from '../../model/files.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readPieces } from '../file-stream.ts';
import { eachOperand } from '../operands.ts';
import { UsageError } from '../options.ts';
import { viewFor } from '../view/text-view.ts';

const DEFAULT_BYTES = 1024;

const options = {
  bytes: { short: 'n', long: 'bytes', value: 'BYTES', summary: `how many bytes, ${DEFAULT_BYTES} unless told` },
} as const;

export const preview: Command = defineCommand({
  name: 'preview',
  aliases: ['head'],
  summary: 'show the beginning of a file',
  details:
    'On a terminal, text is shown with its control characters escaped, and anything else as a hex dump. Without a terminal the bytes come as they are.',
  operands: 'FILE',
  count: [1, 1],
  options,
  run: async (call) => {
    const limit = byteCount(call);
    return eachOperand(call, call.operands, async (path) => {
      const file = await call.context.files.open(path, { read: true });
      try {
        await showContent(call, file, limit);
      } finally {
        await file.close();
      }
    });
  },
});

function byteCount({ options: { bytes }, syntax }: Call<typeof options>): number {
  if (bytes === undefined) return DEFAULT_BYTES;
  const count = Number(bytes);
  if (!/^\d+$/.test(bytes) || !Number.isSafeInteger(count))
    throw new UsageError(`"${bytes}" is no count of bytes`, syntax);
  return count;
}

/** Shows the first `limit` bytes: as they are in a pipe, made safe on a terminal. */
export async function showContent({ io }: Pick<Call, 'io'>, file: OpenFile, limit: number): Promise<void> {
  if (limit === 0) return;
  if (!io.interactive) return readPieces(file, io.signal, (piece) => io.bytes(piece), limit);
  const { sizeBytes } = await file.stat();
  let view: ReturnType<typeof viewFor> | undefined;
  await readPieces(
    file,
    io.signal,
    async (piece) => {
      view ??= viewFor(piece, piece.length >= sizeBytes);
      for (const line of view.add(piece)) await io.line(line);
    },
    limit,
  );
  for (const line of view?.end() ?? []) await io.line(line);
}
