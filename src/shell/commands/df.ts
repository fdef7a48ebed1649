// df: how much room there is. The columns are those of `df -k`, which rclone and others read.

import type { Space } from '../../model/entry.ts';
import { humanSize } from '../../model/human-size.ts';
import { ROOT } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { eachOperand } from '../operands.ts';

const options = {
  human: { short: 'h', long: 'human-readable', summary: 'sizes as 1.5K, 20M' },
  kilo: { short: 'k', summary: 'sizes in units of 1024 bytes, as without it' },
} as const;

export const df: Command = defineCommand({
  name: 'df',
  summary: 'show how much room there is',
  operands: '[PATH...]',
  count: [0, Number.POSITIVE_INFINITY],
  options,
  run: async (call) => {
    const rows: string[][] = [];
    const operands = call.operands.length > 0 ? call.operands : ['/'];
    const status = await eachOperand(call, operands, async (path) => {
      rows.push(rowOf(await call.context.files.space(path), call));
    });
    if (rows.length === 0) return status;
    const title = ['Filesystem', call.options.human ? 'Size' : '1K-blocks', 'Used', 'Available', 'Use%', 'Mounted on'];
    for (const line of aligned([title, ...rows])) await call.io.line(line);
    return status;
  },
});

function rowOf(space: Space, { io, options: { human } }: Call<typeof options>): string[] {
  const size = (blocks: number): string => {
    const sizeBytes = blocks * space.blockBytes;
    return human ? humanSize(sizeBytes) : String(Math.floor(sizeBytes / 1024));
  };
  const used = space.totalBlocks - space.freeBlocks;
  const usable = used + space.availableBlocks;
  const percent = usable > 0 ? `${Math.ceil((used / usable) * 100)}%` : '-';
  return [
    'sshome',
    size(space.totalBlocks),
    size(used),
    size(space.availableBlocks),
    percent,
    io.shown(space.at ?? ROOT),
  ];
}

function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      if (column === row.length - 1) return cell;
      return column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
    });
    return cells.join(' ');
  });
}
