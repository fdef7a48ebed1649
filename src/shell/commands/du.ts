// du: how much is in folders. Counts the sizes of files, not the blocks of the disk below.

import type { Attributes } from '../../model/entry.ts';
import { humanSize } from '../../model/human-size.ts';
import { joinPath, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { attempt, eachOperand } from '../operands.ts';
import { EXIT } from '../report.ts';

const options = {
  human: { short: 'h', long: 'human-readable', summary: 'sizes as 1.5K, 20M' },
  sum: { short: 's', long: 'summarize', summary: 'one line for each PATH' },
  bytes: { short: 'b', long: 'bytes', summary: 'sizes in bytes, not in units of 1024' },
} as const;

interface Sum {
  readonly call: Call<typeof options>;
  status: number;
}

export const du: Command = defineCommand({
  name: 'du',
  summary: 'show how much is in folders',
  operands: '[PATH...]',
  count: [0, Number.POSITIVE_INFINITY],
  options,
  run: async (call) => {
    const sum: Sum = { call, status: EXIT.ok };
    const operands = call.operands.length > 0 ? call.operands : ['.'];
    const status = await eachOperand(call, operands, async (path, operand) => {
      const attributes = await call.context.files.lstat(path);
      const sizeBytes = await sizeOf(sum, path, operand, attributes);
      if (attributes.kind !== 'directory' || call.options.sum) await showSize(sum, sizeBytes, operand);
    });
    return status === EXIT.ok ? sum.status : status;
  },
});

async function sizeOf(
  sum: Sum,
  path: VirtualPath,
  shownPath: string,
  { kind, sizeBytes }: Attributes,
): Promise<number> {
  if (kind !== 'directory') return kind === 'file' ? sizeBytes : 0;
  const { io, context, options } = sum.call;
  let total = 0;
  const status = await attempt(sum.call, shownPath, async () => {
    for await (const entry of readFolder(context.files, path, io.signal)) {
      const innerShown = shownPath.endsWith('/') ? shownPath + entry.name : `${shownPath}/${entry.name}`;
      total += await sizeOf(sum, joinPath(path, entry.name), innerShown, entry.attributes);
    }
  });
  if (status !== EXIT.ok) sum.status = status;
  if (!options.sum) await showSize(sum, total, shownPath);
  return total;
}

async function showSize({ call }: Sum, sizeBytes: number, path: string): Promise<void> {
  const { human, bytes } = call.options;
  const size = human ? humanSize(sizeBytes) : String(bytes ? sizeBytes : Math.ceil(sizeBytes / 1024));
  await call.io.line(`${size}\t${call.io.shown(path)}`);
}
