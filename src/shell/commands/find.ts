// find: the paths below folders, by name and kind.

import type { Attributes, EntryKind } from '../../model/entry.ts';
import { compilePattern, type NameMatcher } from '../../model/glob-pattern.ts';
import { joinPath, nameOf, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { attempt, eachOperand } from '../operands.ts';
import { UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

const KINDS: Readonly<Record<string, EntryKind>> = { f: 'file', d: 'directory', l: 'link' };

const options = {
  name: { long: 'name', value: 'PATTERN', summary: 'names that match (quote the pattern)' },
  anyCase: { long: 'iname', value: 'PATTERN', summary: 'the same, upper and lower case alike' },
  kind: { long: 'type', value: 'f|d|l', summary: 'files, folders or links only' },
  depth: { long: 'maxdepth', value: 'DEPTH', summary: 'no deeper than this' },
} as const;

interface Search {
  readonly call: Call<typeof options>;
  readonly matches: NameMatcher;
  readonly kind: EntryKind | undefined;
  readonly depth: number;
  status: number;
}

export const find: Command = defineCommand({
  name: 'find',
  summary: 'find files by name',
  operands: '[PATH...]',
  count: [0, Number.POSITIVE_INFINITY],
  options,
  singleDash: true,
  run: async (call) => {
    const search = searchOf(call);
    const operands = call.operands.length > 0 ? call.operands : ['.'];
    const status = await eachOperand(call, operands, async (path, operand) => {
      await visit(search, path, operand, nameOf(path) || '/', await call.context.files.lstat(path), 0);
    });
    return status === EXIT.ok ? search.status : status;
  },
});

function searchOf(call: Call<typeof options>): Search {
  const { name, anyCase, kind, depth } = call.options;
  if (kind !== undefined && !Object.hasOwn(KINDS, kind)) throw new UsageError(`"${kind}" is no kind`, call.syntax);
  if (depth !== undefined && !/^\d{1,6}$/.test(depth)) throw new UsageError(`"${depth}" is no depth`, call.syntax);
  const byName = compilePattern(name ?? '*', { dot: true });
  const byAnyCase = compilePattern(anyCase ?? '*', { dot: true, ignoreCase: true });
  return {
    call,
    matches: (text) => byName(text) && byAnyCase(text),
    kind: kind === undefined ? undefined : KINDS[kind],
    depth: depth === undefined ? Number.POSITIVE_INFINITY : Number(depth),
    status: EXIT.ok,
  };
}

async function visit(
  search: Search,
  path: VirtualPath,
  shownPath: string,
  name: string,
  { kind }: Attributes,
  level: number,
): Promise<void> {
  const { io, context } = search.call;
  const wanted = search.kind === undefined || search.kind === kind;
  if (wanted && search.matches(name)) await io.line(io.shown(shownPath));
  if (kind !== 'directory' || level >= search.depth) return;
  const status = await attempt(search.call, shownPath, async () => {
    for await (const entry of readFolder(context.files, path, io.signal)) {
      const inner = joinPath(path, entry.name);
      const innerShown = shownPath.endsWith('/') ? shownPath + entry.name : `${shownPath}/${entry.name}`;
      await visit(search, inner, innerShown, entry.name, entry.attributes, level + 1);
    }
  });
  if (status !== EXIT.ok) search.status = status;
}
