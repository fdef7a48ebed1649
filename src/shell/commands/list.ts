// list: what is in a folder, as `ls` shows it.

import type { Attributes, Entry } from '../../model/entry.ts';
import { isFileError } from '../../model/error.ts';
import { joinPath, ROOT, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { byName, readFolder } from '../folder.ts';
import { eachOperand } from '../operands.ts';
import { inColumns } from '../view/columns.ts';
import { longLines, type OwnerNames } from '../view/long-format.ts';

const options = {
  long: { short: 'l', long: 'long', summary: 'one entry a line, with mode, owner, size and time' },
  all: { short: 'a', long: 'all', summary: 'entries that begin with a dot as well' },
  human: { short: 'h', long: 'human-readable', summary: 'with -l: sizes as 1.5K, 20M' },
  single: { short: '1', summary: 'one name a line' },
  itself: { short: 'd', long: 'directory', summary: 'folders themselves, not what is in them' },
  bySize: { short: 'S', summary: 'largest first' },
  byTime: { short: 't', summary: 'newest first' },
  reverse: { short: 'r', long: 'reverse', summary: 'in reverse order' },
} as const;

type ListCall = Call<typeof options>;

/** A thing to show; `name` as the user wrote it or as the folder has it. */
interface Item extends Entry {
  readonly path: VirtualPath;
}

/** So many entries share their column widths; a longer listing goes on with new ones, and need not be in memory. */
const LAID_OUT_TOGETHER = 5000;

export const list: Command = defineCommand({
  name: 'list',
  aliases: ['ls', 'dir'],
  summary: 'list a folder',
  operands: '[PATH...]',
  count: [0, Number.POSITIVE_INFINITY],
  options,
  run: async (call) => {
    const owner = call.options.long ? await ownerNames(call) : String;
    const operands = call.operands.length > 0 ? call.operands : ['.'];
    const plain: Item[] = [];
    const folders: string[] = [];
    let status = await eachOperand(call, operands, async (path, operand) => {
      const attributes = await attributesOf(call, path);
      if (attributes.kind === 'directory' && !call.options.itself) folders.push(operand);
      else plain.push({ name: operand, path, attributes });
    });
    await show(call, plain.sort(orderOf(call)), owner);

    let titled = plain.length > 0;
    const listed = await eachOperand(call, folders, async (path, operand) => {
      if (titled) await call.io.line('');
      if (operands.length > 1) await call.io.line(`${call.io.shown(operand)}:`);
      titled = operands.length > 1;
      await showFolder(call, path, owner);
    });
    if (listed !== 0) status = listed;
    return status;
  },
});

/** A link on the command line is followed, unless it is to be shown itself or leads nowhere. */
async function attributesOf(call: ListCall, path: VirtualPath): Promise<Attributes> {
  const { files } = call.context;
  if (call.options.long || call.options.itself) return files.lstat(path);
  try {
    return await files.stat(path);
  } catch (error) {
    if (isFileError(error, 'not-found')) return files.lstat(path);
    throw error;
  }
}

async function showFolder(call: ListCall, path: VirtualPath, owner: OwnerNames): Promise<void> {
  let items: Item[] = [];
  for await (const entry of readFolder(call.context.files, path, call.io.signal, orderOf(call))) {
    if (entry.name.startsWith('.') && !call.options.all) continue;
    items.push({ ...entry, path: joinPath(path, entry.name) });
    if (items.length >= LAID_OUT_TOGETHER) {
      await show(call, items, owner);
      items = [];
    }
  }
  await show(call, items, owner);
}

async function show(call: ListCall, items: readonly Item[], owner: OwnerNames): Promise<void> {
  const { io, options } = call;
  const named: { name: string; attributes: Attributes }[] = [];
  for (const item of items) named.push({ name: await shownName(call, item), attributes: item.attributes });
  const names = named.map(({ name }) => name);
  const lines = options.long
    ? longLines(named, { owner, human: options.human, nowMs: Date.now() })
    : io.columns === undefined || options.single
      ? names
      : inColumns(names, io.columns);
  for (const line of lines) await io.line(line);
}

async function shownName(call: ListCall, { name, path, attributes }: Item): Promise<string> {
  const { io, context } = call;
  const shown = io.shown(name);
  if (attributes.kind === 'link' && call.options.long) {
    return `${shown} -> ${io.shown(await context.files.readLink(path))}`;
  }
  return attributes.kind === 'directory' && io.interactive && !name.endsWith('/') ? `${shown}/` : shown;
}

function orderOf({ options }: ListCall): (one: Entry, other: Entry) => number {
  const order = (one: Entry, other: Entry): number => {
    const [a, b] = [one.attributes, other.attributes];
    const first = options.bySize ? b.sizeBytes - a.sizeBytes : options.byTime ? b.modifiedMs - a.modifiedMs : 0;
    return first === 0 ? byName(one, other) : first;
  };
  return options.reverse ? (one, other) => order(other, one) : order;
}

/** Files belong to whoever runs the server; users know that one as themselves. */
async function ownerNames({ context }: ListCall): Promise<OwnerNames> {
  const home = await context.files.stat(ROOT);
  return (uid) => (uid === home.uid ? context.identity.user : String(uid));
}
