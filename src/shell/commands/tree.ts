// tree: a folder and what is below it, as a drawing.

import type { Entry } from '../../model/entry.ts';
import { joinPath, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { attempt, eachOperand } from '../operands.ts';
import { UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

const options = {
  all: { short: 'a', long: 'all', summary: 'entries that begin with a dot as well' },
  folders: { short: 'd', long: 'directories', summary: 'folders only' },
  depth: { short: 'L', long: 'level', value: 'DEPTH', summary: 'no deeper than this' },
} as const;

interface Walk {
  readonly call: Call<typeof options>;
  readonly depth: number;
  folders: number;
  others: number;
  status: number;
}

export const tree: Command = defineCommand({
  name: 'tree',
  summary: 'show folders and what is below them',
  operands: '[FOLDER...]',
  count: [0, Number.POSITIVE_INFINITY],
  completes: 'directories',
  options,
  run: async (call) => {
    const { depth } = call.options;
    if (depth !== undefined && !/^[1-9]\d{0,5}$/.test(depth)) {
      throw new UsageError(`"${depth}" is no depth`, call.syntax);
    }
    const walk: Walk = {
      call,
      depth: depth === undefined ? Number.POSITIVE_INFINITY : Number(depth),
      folders: 0,
      others: 0,
      status: EXIT.ok,
    };
    const operands = call.operands.length > 0 ? call.operands : ['.'];
    const status = await eachOperand(call, operands, async (path, operand) => {
      const entries = await readEntries(walk, path);
      await call.io.line(call.io.shown(operand));
      await draw(walk, path, entries, '', 1);
    });
    await call.io.line('');
    const files = call.options.folders ? '' : `, ${counted(walk.others, 'file')}`;
    await call.io.line(`${counted(walk.folders, 'folder')}${files}`);
    return status === EXIT.ok ? walk.status : status;
  },
});

async function draw(
  walk: Walk,
  path: VirtualPath,
  entries: readonly Entry[],
  indent: string,
  level: number,
): Promise<void> {
  const { io, context } = walk.call;
  for (const [index, { name, attributes }] of entries.entries()) {
    const isLast = index === entries.length - 1;
    const inner = joinPath(path, name);
    const target = attributes.kind === 'link' ? ` -> ${io.shown(await context.files.readLink(inner))}` : '';
    await io.line(`${indent}${isLast ? '└── ' : '├── '}${io.shown(name)}${target}`);
    if (attributes.kind !== 'directory') {
      walk.others += 1;
      continue;
    }
    walk.folders += 1;
    if (level >= walk.depth) continue;
    const status = await attempt(walk.call, inner, async () => {
      await draw(walk, inner, await readEntries(walk, inner), `${indent}${isLast ? '    ' : '│   '}`, level + 1);
    });
    if (status !== EXIT.ok) walk.status = status;
  }
}

/** All of one folder: which entry is the last decides how it is drawn. */
async function readEntries({ call }: Walk, path: VirtualPath): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readFolder(call.context.files, path, call.io.signal)) {
    const hidden = entry.name.startsWith('.') && !call.options.all;
    if (!hidden && (entry.attributes.kind === 'directory' || !call.options.folders)) entries.push(entry);
  }
  return entries;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
